"""Lines are added and stay, whatever a crash has left at the end."""

import json

import pytest

from components.registry.line_file import add_line, read_lines
from configs.errors import MillraceError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "looks.jsonl"


def test_lines_are_added_and_stay(path):
    assert read_lines(path) == []
    add_line(path, {"source": "größe.csv"})
    first = path.read_bytes()
    add_line(path, {"source": "b.csv"})
    assert path.read_bytes().startswith(first)
    assert read_lines(path) == [{"source": "größe.csv"}, {"source": "b.csv"}]


def test_a_line_that_a_crash_cut_short_is_replaced(path):
    add_line(path, {"number": 1})
    with path.open("a") as file:
        file.write(json.dumps({"source": "größe"}, ensure_ascii=False)[:-3])
    assert read_lines(path) == [{"number": 1}]
    add_line(path, {"number": 2})
    assert read_lines(path) == [{"number": 1}, {"number": 2}]


def test_a_line_that_is_none_is_named(path):
    path.write_text('{"version": 1}\n[]oops\n')
    with pytest.raises(MillraceError, match="looks.jsonl:2: this line cannot be read. Delete this line."):
        read_lines(path)
