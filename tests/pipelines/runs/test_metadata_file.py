"""Metadata that were damaged are found before a run works with them, whatever byte it is, and are set aside."""

import sqlite3
from pathlib import Path

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from configs.home import Home
from pipelines.runs.metadata_file import attended, find_damage, set_aside


def fill(path: Path) -> None:
    """Makes a store of MLMD with some artifacts, executions and events."""
    connection = mlmd.ConnectionConfig()
    connection.sqlite.filename_uri = str(path)
    connection.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    store = MetadataStore(connection)
    kind = store.put_artifact_type(mlmd.ArtifactType(name="Model"))
    work = store.put_execution_type(mlmd.ExecutionType(name="Trainer"))
    for number in range(50):
        [artifact] = store.put_artifacts([mlmd.Artifact(type_id=kind, uri=f"/models/{number}")])
        [execution] = store.put_executions([mlmd.Execution(type_id=work)])
        store.put_events([mlmd.Event(artifact_id=artifact, execution_id=execution, type=mlmd.Event.OUTPUT)])


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("store") / "metadata.db"
    fill(path)
    return path.read_bytes()


@pytest.fixture
def home(tmp_path: Path, filled: bytes) -> Home:
    home = Home(tmp_path / "trips")
    home.root.mkdir()
    home.metadata.write_bytes(filled)
    return home


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_what_a_run_leaves_is_sealed_and_found_whole(home: Home) -> None:
    for _ in range(2):
        assert find_damage(home) == ""
        with attended(home):
            assert not home.seal.exists()
        assert home.seal.exists()


def test_any_flipped_byte_in_what_was_sealed_is_found(home: Home) -> None:
    with attended(home):
        pass
    size = home.metadata.stat().st_size
    for place in range(0, size, size // 40):
        flip(home.metadata, place)
        assert find_damage(home) == "it is not as the last run left it"
        flip(home.metadata, place)
    assert find_damage(home) == ""


def test_after_a_kill_what_sqlite_or_mlmd_cannot_follow_is_found(home: Home, filled: bytes) -> None:
    flip(home.metadata, 3)
    assert "not a database" in find_damage(home)
    home.metadata.write_bytes(filled[: len(filled) // 2])
    assert find_damage(home)
    home.metadata.write_bytes(filled)
    with sqlite3.connect(home.metadata) as database:
        database.execute("UPDATE Event SET artifact_id = 999 WHERE id = 7")
    assert find_damage(home) == "1 rows of Event name no Artifact that is there"
    with sqlite3.connect(home.metadata) as database:
        database.execute("DROP TABLE Event")
    assert find_damage(home) == "no such table: Event"


@pytest.mark.parametrize("sealed", [True, False])
def test_a_folder_in_their_place_is_set_aside_too(home: Home, sealed: bool) -> None:
    home.metadata.unlink()
    home.metadata.mkdir()
    if sealed:
        home.seal.write_text("0" * 64)
    assert find_damage(home)
    with attended(home):
        assert not home.metadata.exists()
    assert (home.root / "metadata.db.damaged-1").is_dir()


def test_none_and_empty_ones_are_no_damage(home: Home) -> None:
    home.metadata.write_bytes(b"")
    assert find_damage(home) == ""
    home.metadata.unlink()
    assert find_damage(home) == ""
    with attended(home):
        pass
    assert not home.seal.exists()


def test_what_is_damaged_is_set_aside_with_a_warning_and_a_new_one_begins(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    with attended(home):
        pass
    flip(home.metadata, 5000)
    damaged = home.metadata.read_bytes()
    with attended(home):
        assert not home.metadata.exists()
        fill(home.metadata)
    [warning] = caplog.messages
    assert warning.startswith(f"{home.metadata} is damaged (it is not as the last run left it). It was set aside as ")
    assert (home.root / "metadata.db.damaged-1").read_bytes() == damaged
    assert find_damage(home) == ""
    assert set_aside(home).name == "metadata.db.damaged-2"


def test_a_kill_at_work_leaves_no_seal(home: Home) -> None:
    with attended(home):
        pass
    work = attended(home)
    work.__enter__()  # and nobody leaves it, as in a process that is killed
    flip(home.metadata, 5000)
    assert not home.seal.exists()
