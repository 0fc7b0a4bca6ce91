import base64
import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from components.explanation import examples
from components.explanation.attribution import Attribution
from components.explanation.examples import choose_rows, show, tell_example
from components.explanation.rows import Answered
from configs.schema.label import Label
from tests.components.evaluation.test_eval_config import LABELS

TEXTS = pa.RecordBatch.from_arrays([pa.array([[name] for name in (b"a", b"b", b"c", b"d")])], ["name"])


def chosen(kind, labels, answers):
    """The names of the rows, what they are and what they are predicted to be, by right and wrong."""
    label = Label.model_validate(LABELS[kind], strict=False)
    known = Answered(TEXTS, np.array(labels), np.array(answers, float), label)
    found = {
        held: [tell_example(known, row, ["name"], {}) for row in rows] for held, rows in choose_rows(known).items()
    }
    return {
        held: [(row["cells"]["name"]["text"], row["actual"], row["predicted"]) for row in rows]
        for held, rows in found.items()
    }


def test_of_two_classes_the_surest_come_first():
    assert chosen("binary", [[0], [0], [1], [1]], [[0.6], [0.9], [0.75], [0.875]]) == {
        "wrong": [("b", "0", "1 (0.9000)"), ("a", "0", "1 (0.6000)")],
        "right": [("d", "1", "1 (0.8750)"), ("c", "1", "1 (0.7500)")],
    }


def test_of_several_classes_the_score_of_the_told_one_counts():
    answers = [[0.5, 0.25, 0.25], [0, 0, 1], [0.25, 0.5, 0.25], [0, 0.75, 0.25]]
    assert chosen("multiclass", [[0], [1], [1], [2]], answers) == {
        "wrong": [("b", "some", "much (1.0000)"), ("d", "much", "some (0.7500)")],
        "right": [("a", "none", "none (0.5000)"), ("c", "some", "some (0.5000)")],
    }


def test_of_any_number_of_classes_all_must_be_right():
    found = chosen("multilabel", [[1, 0], [1, 1], [0, 0], [0, 1]], [[0.9, 0.2], [0.9, 0.1], [0.4, 0.3], [0.6, 0.9]])
    assert found == {
        "wrong": [("b", "cash|card", "cash"), ("d", "card", "cash|card")],
        "right": [("a", "cash", "cash"), ("c", "", "")],
    }


def test_of_numbers_the_largest_errors_and_the_least():
    assert chosen("regression", [[0], [0], [0], [0]], [[0.5], [3], [0.25], [7]]) == {
        "wrong": [("d", "0", "7"), ("b", "0", "3")],
        "right": [("c", "0", "0.25"), ("a", "0", "0.5")],
    }


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ([b"Caf\xc3\xa9"], "Café"),
        ([1234567.0], "1.23457e+06"),
        ([3, 4], "3, 4"),
        (list(range(20)), "0, 1, 2, 3, 4, 5, 6, 7, …"),
        ([b"x" * 500], "x" * 160 + "…"),
    ],
)
def test_a_cell_is_a_short_text(cell, text):
    assert show(cell, None) == {"text": text}


def test_a_moment_is_a_date():
    assert show([1_682_208_000], None, is_moment=True) == {"text": "2023-04-23"}
    assert show([1_682_208_060], None, is_moment=True) == {"text": "2023-04-23 00:01"}
    assert show([], None, is_moment=True) == {"text": ""}


def test_a_picture_is_one_be_it_a_file_or_numbers():
    file = io.BytesIO()
    Image.new("RGB", (200, 100), "red").save(file, "jpeg")
    for cell, size, corner in (([file.getvalue()], (examples.PIXELS, 48), 254), ([16.0, 0.0, 8.0, 0.0], (2, 2), 255)):
        found = show(cell, (2, 2, 1, 16.0))["image"]
        opened = open_url(found)
        assert opened.size == size
        pixel = opened.getpixel((0, 0))
        assert (pixel[0] if isinstance(pixel, tuple) else pixel) == pytest.approx(corner, abs=2)


def open_url(url):
    """The picture that a URL holds."""
    return Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,"))))


def test_few_features_are_shown(monkeypatch):
    monkeypatch.setattr(examples, "FEATURES", 1)
    both = pa.RecordBatch.from_arrays([TEXTS.column(0), TEXTS.column(0)], ["name", "other"])
    known = Answered(both, np.zeros((4, 1)), np.ones((4, 1)), Label(name="tip", kind="binary"))
    assert list(tell_example(known, 0, ["other", "name"], {})["cells"]) == ["other"]


def test_cells_tell_what_their_parts_add():
    cells = [pa.array([[b"Bad, not good!"]]), pa.array([[0.0, 16.0, 8.0, 4.0]])]
    rows = pa.RecordBatch.from_arrays([*cells, TEXTS.column(0).slice(0, 1)], ["review", "photo", "name"])
    known = Answered(rows, np.zeros((1, 1)), np.array([[0.25]]), Label(name="tip", kind="binary"))
    added = {"review": np.array([-0.125, 0.0, 0.5, 0.0]), "photo": np.array([[0.0, 1.0], [-0.5, 0.0]])}
    words = {"review": ["bad", "not", "good"]}
    found = tell_example(
        known, 0, ["review", "photo", "name"], {"photo": (2, 2, 1, 16.0)}, (), Attribution(added, 0.75, 0.125, words)
    )
    assert found["without"] == 0.125
    assert found["cells"]["review"]["words"] == [["bad", -0.12], ["not", 0], ["good", 0.5]]
    pixels = open_url(found["cells"]["photo"]["added"])
    assert pixels.getpixel((1, 0)) == examples.ADDS
    assert pixels.getpixel((0, 0)) == (153, 153, 153)  # black, made pale
    assert pixels.getpixel((0, 1)) == (202, 154, 116)  # halfway from a pale grey, 204, to what takes
    assert found["cells"]["name"] == {"text": "a"}
