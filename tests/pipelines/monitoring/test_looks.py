import json

import pytest

from configs.errors import MillraceError
from configs.home import Home
from pipelines.monitoring.look import Look
from pipelines.monitoring.looks import keep_look, read_looks


def look(number):
    return Look("2026-11-20T03:00:00+00:00", number, "größe.csv", rows=3, labelled=0).as_data()


def test_looks_are_added_and_stay(tmp_path):
    home = Home(tmp_path)
    assert read_looks(home) == []
    keep_look(home, look(1))
    first = home.looks.read_bytes()
    keep_look(home, look(2))
    assert home.looks.read_bytes().startswith(first)
    assert [each["version"] for each in read_looks(home)] == [1, 2]


def test_a_look_that_a_crash_cut_short_is_replaced(tmp_path):
    home = Home(tmp_path)
    keep_look(home, look(1))
    with home.looks.open("a") as file:
        file.write(json.dumps({"source": "größe"}, ensure_ascii=False)[:-3])
    assert len(read_looks(home)) == 1
    keep_look(home, look(2))
    assert [each["version"] for each in read_looks(home)] == [1, 2]


def test_a_line_that_is_none_is_named(tmp_path):
    home = Home(tmp_path)
    home.looks.write_text('{"version": 1}\n[]oops\n')
    with pytest.raises(MillraceError, match="looks.jsonl:2: This is no look. Delete this line."):
        read_looks(home)
