"""The metadata in SQLite: sealed while nobody works with them, examined before, and set aside when damaged."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from components.registry.tree_digest import file_digest
from configs.home import Home
from pipelines.runs.directory import write_file

# Columns that MLMD follows from one table to the id of another (ml_metadata/util/metadata_source_query_config.cc).
REFERENCES = {
    ("Artifact", "type_id"): "Type",
    ("Execution", "type_id"): "Type",
    ("Context", "type_id"): "Type",
    ("Event", "artifact_id"): "Artifact",
    ("Event", "execution_id"): "Execution",
    ("Association", "context_id"): "Context",
    ("Association", "execution_id"): "Execution",
    ("Attribution", "context_id"): "Context",
    ("Attribution", "artifact_id"): "Artifact",
}


@contextmanager
def attended(home: Home) -> Iterator[None]:
    """Lets the block work with metadata that are whole, and seals what it leaves.

    What is damaged is set aside, with a warning: the metadata then begin anew, and every node runs again. Nothing that
    is in service depends on them.
    """
    if reason := find_damage(home):
        kept = set_aside(home)
        told = "%s is damaged (%s). It was set aside as %s, and every node runs again; what is in service stays."
        logging.warning(told, home.metadata, reason, kept.name)
    home.seal.unlink(missing_ok=True)  # whoever is killed at work leaves none
    try:
        yield
    finally:
        with suppress(OSError):  # without a seal they are examined
            write_file(home.seal, file_digest(home.metadata).hex())


def find_damage(home: Home) -> str:
    """Returns what is wrong with the metadata; an empty text where nothing is, or where there are none."""
    if not home.metadata.exists():
        return ""
    try:
        if home.seal.is_file():
            same = home.seal.read_bytes() == file_digest(home.metadata).hex().encode()
            return "" if same else "it is not as the last run left it"
        with closing(sqlite3.connect(f"{home.metadata.absolute().as_uri()}?mode=rw", uri=True)) as database:
            return _examine(database)
    except (sqlite3.Error, OSError) as error:
        return str(error)


def set_aside(home: Home) -> Path:
    """Renames the metadata, and returns what they are called now."""
    names = (home.metadata.with_name(f"{home.metadata.name}.damaged-{number}") for number in range(1, 10**6))
    kept = next(path for path in names if not path.exists())
    home.metadata.rename(kept)
    for end in ("-journal", "-wal", "-shm"):
        home.metadata.with_name(home.metadata.name + end).unlink(missing_ok=True)
    return kept


def _examine(database: sqlite3.Connection) -> str:
    [found, *_] = [row[0] for row in database.execute("PRAGMA integrity_check(1)")]
    if found != "ok":
        return str(found)
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        return ""  # a run was killed before MLMD had made its tables
    database.execute("SELECT schema_version FROM MLMDEnv").fetchone()
    for (table, column), other in REFERENCES.items():
        lost = f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT id FROM {other})"
        if (count := database.execute(lost).fetchone()[0]) > 0:
            return f"{count} rows of {table} name no {other} that is there"
    return ""
