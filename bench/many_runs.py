"""What the runs before it make a run cost, and the verbs that list them: `python -m bench.many_runs FOLDER [RUNS...]`.

One run is real. The others are its copies: folder, record, line of the history, and all rows that it left in the
metadata, under ids of their own. So many real runs would have left the same, but for the files of their artifacts,
which copies share.
"""

import json
import shutil
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.measure import Cost, measure
from configs.home import Home
from configs.samples import catalog
from pipelines.runs.directory import read_records, write_file

SIZES = (1, 100, 1000)  # runs in the home before
YAML = """\
name: trips
data: {format: csv, path: rows.csv}
label: {name: big_tipper, kind: binary}
features: {fare: {kind: numeric}, trip_miles: {kind: numeric}, payment_type: {kind: categorical, vocabulary: 10}}
model: {family: dnn, hidden_units: [8]}
training: {batch_size: 64, epochs: 1, optimizer: {name: adam, learning_rate: 1e-2}}
evaluation: {thresholds: {auc: {min: 0.5}}}
schedule: {cron: "0 3 * * *", when: {new_rows: 1000}}
storage: {root: workspace}
"""
VERBS: Mapping[str, Sequence[str]] = {
    "run, nothing new": ("run",),
    "run --if-due, not due": ("run", "--if-due"),
    "status": ("status",),
    "runs": ("runs",),
    "history": ("history",),
}
OWN = {  # of each table of the metadata, the column whose ids tell which rows are a run's own
    "Execution": "id",
    "Artifact": "id",
    "Context": "id",
    "Event": "id",
    "ExecutionProperty": "execution_id",
    "ArtifactProperty": "artifact_id",
    "ContextProperty": "context_id",
    "EventPath": "event_id",
    "Association": "execution_id",
    "Attribution": "artifact_id",
    "ParentContext": "context_id",
}


def begin(folder: Path) -> tuple[Path, Home]:
    """Writes a pipeline of 2,000 taxi trips into a folder and runs it once; returns its config and its home."""
    with catalog.resolve("sample://taxi").open() as rows:
        (folder / "rows.csv").write_text("".join(line for line, _ in zip(rows, range(2001), strict=False)))
    config = folder / "trips.yaml"
    config.write_text(YAML)
    call(folder, config, ("run",))
    return config, Home(folder / "workspace" / "trips")


def call(folder: Path, config: Path, words: Sequence[str]) -> Cost:
    """Returns what a verb costs."""
    verb, *options = words
    return measure([sys.executable, "-m", "pipelines", verb, str(config), *options], folder, {})[0]


def grow(home: Home, runs: int) -> None:
    """Adds copies of the newest run until there are so many, of which it stays the newest."""
    known = read_records(home)
    newest, records = next(record for record in known if not record.get("repeats")), len(known)
    with closing(sqlite3.connect(home.metadata)) as database, database:
        for number in range(records, runs):
            copy_rows(database, newest["run"], f"copy-{number}")
    for number in range(records, runs):
        copy_folder(home, newest, f"copy-{number}", number)
    write_file(home.run(newest["run"]) / "number.txt", str(runs))
    write_file(home.run(newest["run"]) / "run.json", json.dumps({**newest, "number": runs}))
    renumber_version(home, runs)
    home.seal.unlink(missing_ok=True)  # which was of the metadata as they were


def copy_folder(home: Home, record: Mapping[str, Any], run: str, number: int) -> None:
    """Copies the folder of a run, with another id and number."""
    folder = home.run(run)
    shutil.copytree(home.run(record["run"]), folder)
    (folder / "number.txt").write_text(str(number))
    (folder / "run.json").write_text(json.dumps({**record, "run": run, "number": number, "folder": str(folder)}))


def renumber_version(home: Home, number: int) -> None:
    """Makes the version in service the one of this number, with as many lines of the history as if each run had one."""
    lines = [json.loads(line) for line in home.history.read_text().splitlines()]
    newest = lines[-1]
    manifest = home.serving / str(newest["number"]) / "assets.extra" / "version.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"number": number}))
    (home.serving / str(newest["number"])).rename(home.serving / str(number))
    home.history.write_text("".join(json.dumps({**newest, "number": each}) + "\n" for each in range(1, number + 1)))


def copy_rows(database: sqlite3.Connection, run: str, name: str) -> None:
    """Copies what a run has alone in the metadata: its executions, its artifacts, its context, and what joins them."""
    context = _ask(database, "SELECT id FROM Context WHERE name IN", [run])
    executions = _ask(database, "SELECT execution_id FROM Association WHERE context_id IN", context)
    artifacts = _ask(database, "SELECT artifact_id FROM Attribution WHERE context_id IN", context)
    events = _ask(database, "SELECT id FROM Event WHERE execution_id IN", executions)
    own = {"Context": context, "Execution": executions, "Artifact": artifacts, "Event": events}
    new = {kind: _number(database, kind, ids) for kind, ids in own.items()}
    for table, column in OWN.items():
        kind = table if column == "id" else column.removesuffix("_id").title()
        found = _query(database, f"SELECT * FROM {table} WHERE {column} IN", own[kind])
        names = [each[0] for each in found.description]
        for row in found.fetchall():
            moved = {key: _move(table, key, value, new, name) for key, value in zip(names, row, strict=True)}
            marks = ",".join("?" * len(moved))
            database.execute(f"INSERT INTO {table} ({','.join(moved)}) VALUES ({marks})", list(moved.values()))


def _move(table: str, column: str, value: Any, new: Mapping[str, Mapping[int, int]], name: str) -> Any:
    """Returns what stands in a column of the copy: ids of its own, and the name of its run."""
    if column == "id":
        return new[table][value] if table in new else None  # which SQLite counts on
    if column == "name" and table == "Context":
        return name
    if column == "name" and table in new and value:
        return f"{value}-{name}"
    return new.get(column.removesuffix("_id").title(), {}).get(value, value)


def _number(database: sqlite3.Connection, table: str, ids: Sequence[int]) -> dict[int, int]:
    [[last]] = database.execute(f"SELECT MAX(id) FROM {table}")
    return {old: last + 1 + place for place, old in enumerate(ids)}


def _ask(database: sqlite3.Connection, query: str, values: Sequence[Any]) -> list[Any]:
    return [row[0] for row in _query(database, query, values)]


def _query(database: sqlite3.Connection, query: str, values: Sequence[Any]) -> sqlite3.Cursor:
    return database.execute(f"{query} ({','.join('?' * len(values))})", values)


def main(folder: Path, sizes: Sequence[int]) -> None:
    """Measures it, and prints a table: CPU seconds, and wall seconds behind them."""
    config, home = begin(folder)
    costs: dict[str, list[Cost]] = {}
    for size in sizes:
        grow(home, size)
        config.write_text(YAML.replace("1e-2", f"{0.005 + size * 1e-7:.7f}"))
        costs.setdefault("run, another learning rate", []).append(call(folder, config, ("run",)))
        for name, words in VERBS.items():
            costs.setdefault(name, []).append(call(folder, config, words))
    sys.stdout.write(tell(sizes, costs))


def tell(sizes: Sequence[int], costs: Mapping[str, Sequence[Cost]]) -> str:
    """Returns the table, in Markdown."""
    head = " | ".join(f"{size:,} before" for size in sizes)
    lines = [f"| CPU s (wall s) | {head} |", f"|---|{'---|' * len(sizes)}"]
    for name, found in costs.items():
        lines.append(f"| `{name}` | {' | '.join(f'{cost.cpu:.1f} ({cost.wall:.1f})' for cost in found)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(size) for size in sys.argv[2:]] or SIZES)
