"""Sheets of workbooks, read as CSV of the same cells is."""

from datetime import datetime

import pytest

from components.readers.formats import FORMATS, find_scored
from components.readers.workbook import list_sheets
from configs.errors import DataRejected
from configs.schema.dialect import Dialect
from tests.components.readers.rows import gathered, rows
from tests.components.readers.workbooks import write_workbook

CELLS = [
    [None],
    ["n", "seen", "at", "code", 2024],
    [3.0, True, datetime(2024, 5, 31), "007", 0.1],
    [],
    [-2.5, False, datetime(2024, 5, 31, 18, 30), " <b> ", None],
]
TEXTS = [
    {"n": "3", "seen": "true", "at": "2024-05-31", "code": "007", "2024": "0.1"},
    {"n": "-2.5", "seen": "false", "at": "2024-05-31 18:30:00", "code": " <b> ", "2024": None},
]


def test_cells_are_the_texts_that_csv_would_have(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", First=CELLS, Second=[["x"], [1]])
    assert rows(path, "workbook") == TEXTS
    assert rows(path, "workbook", ["code", "n"]) == [{"code": "007", "n": "3"}, {"code": " <b> ", "n": "-2.5"}]
    assert gathered(path) == ([3, 5], TEXTS, [])


def test_a_sheet_is_read_by_its_name(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", First=CELLS, Second=[["x"], [1]])
    assert list_sheets(path) == ["First", "Second"]
    second = Dialect(sheet="Second")
    [batch] = FORMATS["workbook"].speak(second).read_batches(path)
    assert batch.to_pylist() == [{"x": "1"}]
    [scored] = find_scored(path, "workbook", second).read_rows(path)
    assert scored.records == [{"x": "1"}]
    with pytest.raises(DataRejected, match="There is no sheet `Secnd`.") as caught:
        FORMATS["workbook"].speak(Dialect(sheet="Secnd")).read_header(path)
    assert caught.value.remedy == "The sheets are: First, Second. Did you mean 'Second'?"


def test_a_sheet_without_a_header_is_named_by_the_dialect(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", First=[[1, "x"], [2, "y"]])
    [batch] = FORMATS["workbook"].speak(Dialect(header=("a", "b"))).read_batches(path)
    assert batch.to_pylist() == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]


def test_a_cell_beyond_the_header_is_a_fault(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", First=[["a"], [1], [2, "stray"], [3]])
    numbers, _, faults = gathered(path)
    assert numbers == [2, 4]
    assert faults == [(3, "The row has a cell (`stray`) in a column that the header does not name.")]


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "The file is empty."), (b"a,b\n1,2\n", "The file cannot be read as a workbook: "), (b"PK\3\4", "The file")],
)
def test_what_is_no_workbook_is_refused(tmp_path, content, what):
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(DataRejected, match=what):
        FORMATS["workbook"].read_header(str(tmp_path / "a.xlsx"))


def test_a_sheet_without_cells_is_said_to_be_empty(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", First=[[None]])
    with pytest.raises(DataRejected, match="The sheet is empty."):
        FORMATS["workbook"].read_header(path)
