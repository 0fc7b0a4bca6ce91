"""What a model's answers are called, and which rows it is asked with."""

import numpy as np
import pytest

from components.readers.formats import FORMATS
from components.readers.row_batch import Fault, gather_rows
from components.scoring.scorer import columns, name_answers, sort_out
from components.validation.column_types import Role
from configs.samples.datasets import encode_png
from configs.schema.label import Label

BINARY = Label(name="y", kind="binary", classes=("stays", "leaves"))
COLOURS = Label(name="y", kind="multiclass", classes=("red", "green", "blue"))
SEVERAL = Label(name="y", kind="multilabel", classes=("red", "green", "blue"))
NUMBER = Label(name="y", kind="regression")
QUANTILES = Label(name="y", kind="regression", quantiles=(0.025, 0.5, 0.975))
ROLES = {"fare": Role("numeric", "fare"), "company": Role("categorical", "company")}


def gather(path, *rows, fault=None):
    """A batch of rows, each a number and a record, and of a fault."""
    [batch] = gather_rows(path, iter([*((*row, 1) for row in rows), *filter(None, [fault])]))
    return batch


@pytest.mark.parametrize(
    ("label", "answers", "named"),
    [
        (
            BINARY,
            [[0.9], [0.1], [0.5]],
            {
                "prediction": ["leaves", "stays", "stays"],
                "score_stays": [0.1, 0.9, 0.5],
                "score_leaves": [0.9, 0.1, 0.5],
            },
        ),
        (
            COLOURS,
            [[0.2, 0.7, 0.1], [0.25, 0.25, 0.5]],
            {
                "prediction": ["green", "blue"],
                "score_red": [0.2, 0.25],
                "score_green": [0.7, 0.25],
                "score_blue": [0.1, 0.5],
            },
        ),
        (
            SEVERAL,
            [[0.9, 0.2, 0.6], [0.5, 0.1, 0.2]],
            {
                "prediction": ["red|blue", ""],
                "score_red": [0.9, 0.5],
                "score_green": [0.2, 0.1],
                "score_blue": [0.6, 0.2],
            },
        ),
        (NUMBER, [[152.1], [-3.0]], {"prediction": [152.1, -3.0]}),
        (
            QUANTILES,
            [[1.0, 2.0, 4.0]],
            {"prediction": [2.0], "q2.5": [1.0], "q50": [2.0], "q97.5": [4.0]},
        ),
    ],
)
def test_answers_are_named_by_the_label(label, answers, named):
    found = name_answers(np.array(answers, np.float32), label)
    assert list(found) == columns(label) == list(named)
    for name, values in named.items():
        assert found[name] == (values if name == "prediction" and label.values else pytest.approx(values, abs=1e-6))


def test_a_number_is_the_shortest_that_stands_for_the_models():
    assert name_answers(np.array([[0.1], [1 / 3], [1e-12]], np.float32), NUMBER)["prediction"] == [
        0.1,
        0.33333334,
        1e-12,
    ]


def test_no_rows_have_no_answers():
    assert name_answers(np.zeros((0, 3), np.float32), COLOURS) == {name: [] for name in columns(COLOURS)}


def test_faulty_rows_are_sorted_out_with_the_first_fault_of_each():
    records = [
        {"fare": "1.5", "company": "x"},
        {"fare": "many", "company": "x"},
        {"fare": "", "company": ""},
        {"fare": "nan", "company": "y" * 100_001},
    ]
    ragged = Fault("rows.csv", 4, "", "The row has 3 fields; the header has 2.", ["1", "x", "y"])
    batch = gather("rows.csv", *zip([2, 3, 5, 6], records, strict=True), fault=ragged)
    kept, typed, faults = sort_out(batch, ROLES)
    assert (kept.numbers, kept.records) == ([2, 5], [records[0], records[2]])
    assert typed.to_pydict() == {"fare": [1.5, None], "company": ["x", None]}
    assert [(fault.number, fault.column) for fault in faults] == [(3, "fare"), (4, ""), (6, "fare")]
    assert faults[0].reason == "`many` is not a finite number, as a numeric column needs."
    assert faults[0].values == records[1]


def test_sound_rows_stay_as_they_came():
    batch = gather("rows.csv", (2, {"fare": "1", "company": "x", "note": "kept"}))
    kept, typed, faults = sort_out(batch, ROLES)
    assert kept is batch
    assert (typed.to_pydict(), faults) == ({"fare": [1.0], "company": ["x"]}, [])


PHOTO = {"image": Role("image", "image")}


def test_an_image_is_a_row_and_its_answer_names_the_file(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encode_png([b"\x80"]))
    [batch] = FORMATS["images"].read_rows(str(path))
    kept, typed, faults = sort_out(batch, PHOTO)
    assert typed.to_pydict() == {"image": [path.read_bytes()]}
    assert (kept.table.to_pydict(), faults) == ({"image": [str(path)]}, ())
    path.write_bytes(b"GIF89a")
    kept, typed, [fault] = sort_out(batch, PHOTO)
    assert (len(kept.numbers), len(typed)) == (0, 0)
    assert fault.column == "image"
    assert fault.reason.endswith(" is an image that is neither PNG nor JPEG.")


def test_images_that_a_table_names_lie_beside_it(tmp_path):
    (tmp_path / "a.png").write_bytes(encode_png([b"\x80"]))
    batch = gather(str(tmp_path / "new.csv"), (2, {"image": "a.png"}), (3, {"image": "b.png"}))
    kept, typed, [fault] = sort_out(batch, PHOTO)
    assert typed.to_pydict() == {"image": [encode_png([b"\x80"])]}
    assert fault.reason == "`b.png` names an image that cannot be read (No such file or directory)."


def test_columns_of_pixels_are_read_as_one_image():
    roles = {"image": Role("pixels", "image", columns=("a", "b"), width=2)}
    batch = gather("rows.csv", (2, {"b": "2", "a": "1"}))
    assert sort_out(batch, roles)[1].to_pydict() == {"image": [[1.0, 2.0]]}
