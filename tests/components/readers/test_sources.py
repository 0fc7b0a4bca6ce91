"""What a config's data stands for: files, or the answer to a query."""

import sqlite3
from pathlib import Path

import pytest

from components.readers.query import Query
from components.readers.sources import find_query, find_source, open_source
from configs.copies import COPIES
from configs.schema.data import Data


def test_files_are_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    data = Data(format="csv", path=str(tmp_path / "a.csv"))
    assert find_query(data) is None
    assert find_source(data) == open_source(data) == (str(tmp_path), "a.csv")


def test_an_answer_is_there_once_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COPIES, str(tmp_path / "copies"))
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE trips AS SELECT 1 AS fare")
    data = Data(format="sql", path=f"sqlite:///{tmp_path}/shop.db", query="SELECT fare FROM trips")
    assert find_query(data) == Query(data.path, "SELECT fare FROM trips")
    base, name = find_source(data)
    assert not Path(base, name).exists()
    assert open_source(data) == (base, name)
    assert Path(base, name).exists()
