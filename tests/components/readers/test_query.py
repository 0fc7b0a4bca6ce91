"""Rows of databases: PostgreSQL, MariaDB and SQLite as they are, asked by a query."""

import sqlite3
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy import create_engine, make_url

from components.readers.portions import find_portions
from components.readers.query import DRIVERS, Query, join_tables, make_table
from components.readers.sources import find_source
from configs.errors import ConfigError, DataRejected, MillraceError
from configs.schema.data import Data
from tests.fakes import mariadb, postgresql
from tests.pipelines.conftest import free_port

ASKED = "SELECT id, fare, taken, cash, company FROM trips WHERE company LIKE '%a%' ORDER BY id"
TABLE = (
    "CREATE TABLE trips (id INTEGER, fare NUMERIC(6, 2), taken TIMESTAMP, cash BOOLEAN, company VARCHAR(20))",
    "INSERT INTO trips VALUES (1, 7.25, '2026-11-01 08:00:00', true, 'cab'), (2, NULL, NULL, false, 'taxi')",
    "INSERT INTO trips VALUES (3, 9, '2026-11-02 09:30:00', true, 'none of it')",
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("SHOP", postgresql.PASSWORD)


@pytest.fixture(scope="module")
def databases() -> Iterator[dict[str, str]]:
    """The URL of each kind of database, with a table of trips."""
    if absent := [*mariadb.missing(), *postgresql.missing()]:
        pytest.skip(f"not installed: {', '.join(absent)} (apt-get install mariadb-server postgresql)")
    folder = Path(tempfile.mkdtemp())
    with postgresql.serve(free_port()) as first, mariadb.serve(free_port()) as second:
        urls = {
            "postgresql": first,
            "mariadb": second.replace("mysql", "mariadb"),
            "sqlite": f"sqlite:///{folder}/a.db",
        }
        urls["mariadb"] = urls["mariadb"].replace(":p%40ss%2Fword", "")
        for url in urls.values():
            password = None if url.startswith("sqlite") else postgresql.PASSWORD
            engine = create_engine(make_url(url).set(drivername=DRIVERS[url.partition(":")[0]], password=password))
            with engine.begin() as connection:
                for statement in TABLE:
                    connection.exec_driver_sql(statement)
            engine.dispose()
        yield urls


def read(query: Query) -> pa.Table:
    query.answer()
    return parquet.read_table("/".join(query.locate()))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "mariadb", "sqlite"])
def test_rows_are_what_the_database_answers(databases: dict[str, str], kind: str) -> None:
    rows = read(Query(databases[kind], ASKED, None if kind == "sqlite" else "SHOP")).to_pydict()
    assert (rows["id"], rows["fare"], rows["company"]) == ([1, 2], [7.25, None], ["cab", "taxi"])
    assert [bool(cell) for cell in rows["cash"]] == [True, False]
    assert str(rows["taken"][0]).startswith("2026-11-01 08:00:00")
    assert rows["taken"][1] is None


@pytest.mark.slow
def test_what_a_database_refuses_is_told_without_its_password(
    databases: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("postgresql", "mariadb"):
        with pytest.raises(ConfigError, match="refuses the query: .*nothing") as error:
            Query(databases[kind], "SELECT * FROM nothing", "SHOP").answer()
        assert postgresql.PASSWORD not in str(error.value)
    monkeypatch.setenv("SHOP", "wrong")
    with pytest.raises(MillraceError, match="cannot be asked: .*password authentication failed"):
        Query(databases["postgresql"], ASKED, "SHOP").answer()


def make_sqlite(folder: Path, *statements: str) -> str:
    with sqlite3.connect(folder / "shop.db") as connection:
        for statement in statements:
            connection.execute(statement)
    return f"sqlite:///{folder}/shop.db"


def test_an_answer_is_known_by_its_content(tmp_path: Path) -> None:
    url = make_sqlite(tmp_path, "CREATE TABLE trips (fare)", "INSERT INTO trips VALUES (1), (2.5)")
    data = Data(format="sql", path=url, query="SELECT fare FROM trips ORDER BY fare")
    [first] = find_portions(data, ()).values()
    before = first.digest()
    assert first.count_rows() == 2
    assert find_portions(data, ())["all"].digest() == before
    make_sqlite(tmp_path, "INSERT INTO trips VALUES (3)")
    assert find_portions(data, ())["all"].digest() != before
    assert find_source(data)[0].endswith("/shop.db")


@pytest.mark.parametrize(
    ("asked", "kind", "told"),
    [
        ("SELECT fare FROM trips WHERE fare > 9", DataRejected, "answers no rows"),
        ("SELECT fare, fare FROM trips", DataRejected, "two columns that are called `fare`"),
        ("SELEC fare", MillraceError, 'near "SELEC": syntax error'),
    ],
)
def test_what_is_no_data_is_refused(tmp_path: Path, asked: str, kind: type[MillraceError], told: str) -> None:
    url = make_sqlite(tmp_path, "CREATE TABLE trips (fare)", "INSERT INTO trips VALUES (1)")
    with pytest.raises(kind, match=told):
        Query(url, asked).answer()


def test_a_password_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP")
    with pytest.raises(ConfigError, match="no variable SHOP") as error:
        Query("postgresql://shop@127.0.0.1:1/postgres", ASKED, "SHOP").answer()
    assert "resources.ExampleGen.env" in error.value.remedy


def test_cells_of_a_database_are_numbers_times_and_texts() -> None:
    cells: dict[str, tuple[Any, Any]] = {
        "whole": (Decimal("12345678901234567"), 12345678901234567),
        "part": (Decimal("7.50"), 7.5),
        "key": (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        "object": ({"b": 1, "a": None}, '{"a": null, "b": 1}'),
        "list": (["x"], ["x"]),
        "none": (None, None),
    }
    rows = make_table(list(cells), [[given for given, _ in cells.values()]])
    assert rows.to_pylist() == [{name: right for name, (_, right) in cells.items()}]


def test_columns_are_of_one_type_over_all_rows() -> None:
    parts = [make_table(["a", "b", "c"], [row]) for row in ((None, 1, 1), (2, 1.5, "x"), (3, None, None))]
    joined = join_tables(parts)
    assert joined.schema.types == [pa.int64(), pa.float64(), pa.string()]
    assert joined.to_pydict() == {"a": [None, 2, 3], "b": [1.0, 1.5, None], "c": ["1", "x", None]}
