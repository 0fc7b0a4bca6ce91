"""An array of objects, read as JSON lines are."""

import gzip
import json

import pandas as pd
import pytest

from components.readers import json_array
from components.readers.formats import find_scored
from components.validation.validate import check_file
from configs.errors import DataRejected
from tests.components.readers.rows import gathered, rows

ROWS = [{"n": 1.5, "b": True, "x": None, "t": 'a, ] " ü'}, {"n": 12345678901234567890}, {"l": [1, {"m": []}]}]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("block", [1, 7, 1 << 22])
def test_an_array_is_read_as_lines_are(tmp_path, monkeypatch, indent, block):
    monkeypatch.setattr(json_array, "BLOCK", block)
    (tmp_path / "a.json").write_text(f"\n {json.dumps(ROWS, indent=indent)}\n")
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    assert gathered(tmp_path / "a.json") == gathered(tmp_path / "a.jsonl") == ([1, 2, 3], ROWS, [])
    assert rows(tmp_path / "a.json", "json", ["n", "b", "t"]) == rows(tmp_path / "a.jsonl", "jsonl", ["n", "b", "t"])


def test_what_pandas_writes_is_read(tmp_path):
    frame = pd.DataFrame({"a": [1.25, None], "b": ["x", "y"]})
    frame.to_json(tmp_path / "records.json.gz", orient="records")
    assert rows(tmp_path / "records.json.gz", "json") == [{"a": "1.25", "b": "x"}, {"a": None, "b": "y"}]


def test_an_object_a_line_is_read_under_the_same_name(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1}\n\n{"a": {}}\n')
    assert gathered(tmp_path / "a.json") == ([1, 3], [{"a": 1}, {"a": {}}], [])


def test_an_element_that_is_no_object_is_a_fault_and_those_after_it_are_read(tmp_path):
    (tmp_path / "a.json").write_text('[{"a": 1}, 7, {"a": "\\ud800"}, {"a": 2}, {"a": 3, "a": 4}, {"a": 5}]')
    numbers, records, faults = gathered(tmp_path / "a.json")
    assert (numbers, records) == ([1, 4, 6], [{"a": 1}, {"a": 2}, {"a": 5}])
    assert [number for number, _ in faults] == [2, 3, 5]
    assert faults[0][1] == "The row is no JSON object."
    assert faults[2][1] == "The key `a` stands twice in the row."


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ('[{"a": 1}, {"a": 2', ":2", "The array breaks here: "),
        ('[{"a": 1}, {"a": }, {"a": 3}]', ":2", "The array breaks here: Expecting value."),
        ('[{"a": 1},]', ":2", "The array breaks here: Expecting value."),
        ('[{"a": 1} {"a": 2}]', ":1", "Neither `,` nor `]` follows the object."),
        ('[{"a": 1}', ":1", "Neither `,` nor `]` follows the object."),
        ('[{"a": 1}]\n[{"a": 2}]', ":1", "The array ends amid the file."),
        ('[{"a": ' + "[" * 100_000, ":1", "The array breaks here: "),
    ],
)
def test_an_array_that_breaks_is_refused_at_its_object(tmp_path, text, place, what):
    path = tmp_path / "a.json"
    path.write_text(text)
    for read in (lambda: rows(path, "json"), lambda: list(find_scored(str(path)).read_rows(str(path)))):
        with pytest.raises(DataRejected) as caught:
            read()
        assert caught.value.where == f"{path}{place}"
        assert caught.value.what.startswith(what)


@pytest.mark.parametrize(
    "text",
    [
        pd.DataFrame({"a": [1, 2], "b": [3, 4]}).to_json(),
        json.dumps({"count": 2, "results": [{"a": 1}, {"a": 2}]}),
        json.dumps({"count": 2, "results": [{"a": 1}, {"a": 2}]}, indent=1),
    ],
    ids=["columns", "results", "lines"],
)
def test_one_object_is_told_to_be_no_array(tmp_path, text):
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    with pytest.raises(DataRejected, match="This is one JSON object, and no array of them.") as caught:
        check_file(str(path), "json", {})
    assert "orient='records'" in caught.value.remedy
