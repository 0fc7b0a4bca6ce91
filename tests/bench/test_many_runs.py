import sqlite3
from contextlib import closing

from bench.many_runs import grow, tell
from bench.measure import Cost
from components.registry.versions import history, in_service
from pipelines.runs import metadata_file
from pipelines.runs.directory import read_records
from tests.sandbox import Sandbox

TABLES = ("Execution", "Event", "Artifact", "Association", "Attribution", "ExecutionProperty", "ArtifactProperty")


def count_rows(place: Sandbox) -> dict[str, int]:
    with closing(sqlite3.connect(place.home.metadata)) as database:
        return {table: database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in TABLES}


def test_a_home_grows_by_copies_of_its_run(sandbox: Sandbox) -> None:
    [first], rows = read_records(sandbox.home), count_rows(sandbox)
    grow(sandbox.home, 4)
    records = read_records(sandbox.home)
    assert [record["number"] for record in records] == [4, 3, 2, 1]
    assert records[0]["run"] == first["run"]
    assert count_rows(sandbox) == {table: 4 * count for table, count in rows.items()}
    assert metadata_file.find_damage(sandbox.home) == ""
    assert [line["number"] for line in history(sandbox.home)] == [1, 2, 3, 4]
    version = in_service(sandbox.home)
    assert version is not None
    assert version.number == 4


def test_costs_are_told_by_size() -> None:
    told = tell([1, 1000], {"status": [Cost(0.75, 0.5, 90, 0), Cost(1.0, 0.875, 91, 0)]})
    assert told.splitlines() == [
        "| CPU s (wall s) | 1 before | 1,000 before |",
        "|---|---|---|",
        "| `status` | 0.5 (0.8) | 0.9 (1.0) |",
    ]
