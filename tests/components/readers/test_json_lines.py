import pytest

from components.readers.formats import FORMATS
from configs.errors import DataRejected
from tests.components.readers.rows import gathered, rows


def test_json_lines_keep_the_spelling_of_numbers(tmp_path):
    lines = ['{"n": 1.50, "b": true, "x": null}', "", '{"t": "ü", "n": 12345678901234567890, "b": false, "e": ""}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8-sig")
    assert rows(tmp_path / "a.jsonl", "jsonl") == [
        {"n": "1.50", "b": "true", "x": None, "t": None, "e": None},
        {"n": "12345678901234567890", "b": "false", "x": None, "t": "ü", "e": None},
    ]
    assert rows(tmp_path / "a.jsonl", "jsonl", ["t", "absent"])[1] == {"t": "ü", "absent": None}


@pytest.mark.parametrize(
    ("line", "place", "what"),
    [
        ('{"a": [1]}', ":2:a", "The value is a list"),
        ('{"a": {"b": 1}}', ":2:a", "The value is an object"),
        ("[1, 2]", ":2", "The row is no JSON object."),
        ('{"a": 1, "b": 2, "a": 1}', ":2:a", "The key `a` stands twice in the row."),
        ('{"a": 1', ":2", "The row is no JSON: "),
        ('{"a": "\\ud800"}', ":2", "The row is no JSON: "),
        ("[" * 100_000, ":2", "The row is no JSON: "),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path, line, place, what):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"a": 1}}\n{line}\n')
    with pytest.raises(DataRejected) as caught:
        rows(path, "jsonl")
    assert caught.value.where == f"{path}{place}"
    assert what in caught.value.what


def test_a_list_of_json_stays_one_where_lists_may_stand(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"past": [1.50, [2]], "n": 1}\n{"past": null}\n')
    [batch] = FORMATS["jsonl"].read_batches(str(tmp_path / "a.jsonl"), ["past"], ["past"])
    assert batch.column(0).to_pylist() == ['["1.50", ["2"]]', None]


def test_json_lines_keep_their_values_and_a_line_that_is_no_object_is_a_fault(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1.50, "b": null}\n\n{"c": ["é"]}\n[1]\n{"a": \n{"a": "\\ud800"}\n{"b": 1, "b": null}\n')
    numbers, records, faults = gathered(path)
    assert numbers == [1, 3]
    assert records == [{"a": 1.5, "b": None}, {"c": ["é"]}]
    assert [number for number, _ in faults] == [4, 5, 6, 7]
    assert faults[0][1] == "The row is no JSON object."
    assert all(reason.startswith("The row is no JSON: ") for _, reason in faults[1:3])
    assert faults[3][1] == "The key `b` stands twice in the row."
