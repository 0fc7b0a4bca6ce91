"""A disk that is nearly full, or full: a tmpfs of a megabyte, where the machine lets one be made."""

import json

import pytest

from configs.errors import MillraceError
from configs.home import Home
from pipelines.execution import disk_space
from pipelines.runs.run import Run
from tests.fakes.small_disk import mounted


@pytest.fixture
def home(tmp_path):
    with mounted(tmp_path / "disk", "1m") as disk:
        yield Home(disk / "trips")


def record(home, run_id, size, code=0):
    """Writes the record of a run whose Transform left so many bytes."""
    folder = home.artifacts / "Transform" / run_id
    folder.mkdir(parents=True)
    (folder / "rows").write_bytes(bytes(size))
    run = Run(home, run_id)
    run.folder.mkdir(parents=True)
    nodes = [{"node": "Transform", "outputs": {"rows": [str(folder)], "again": [str(folder)]}}]
    run.record.write_text(json.dumps({"run": run_id, "ended": run_id, "exit_code": code, "nodes": nodes}))
    return run


def test_a_run_needs_what_the_last_one_that_ended_well_left(home):
    disk_space.require_space(home)  # the first
    record(home, "r1", 300_000)
    disk_space.require_space(home)
    record(home, "r2", 250_000, code=4)
    (home.root / "other").write_bytes(bytes(300_000))
    with pytest.raises(MillraceError, match=r"run r1 left 303,104 bytes, and 1\d\d,\d{3} are free") as refused:
        disk_space.require_space(home)
    assert (refused.value.where, "millrace clean" in refused.value.remedy) == (str(home.root), True)
    (home.root / "other").unlink()
    disk_space.require_space(home)


def test_what_is_set_aside_lets_a_run_on_a_full_disk_say_how_it_ended(home):
    run = record(home, "r1", 0)
    disk_space.set_aside(run)  # as much as there is
    with pytest.raises(OSError, match="No space left") as full:
        (home.root / "more").write_bytes(bytes(9000))
    assert disk_space.is_full(full.value, home)
    told = disk_space.explain_full("Transform", run)
    assert told.what.startswith("Transform has filled the disk: 0 bytes are free; it left 0 bytes in run r1")
    assert told.where == str(home.artifacts / "Transform")
    disk_space.release(run)
    run.log.write_bytes(bytes(500_000))


def test_a_full_disk_is_known_by_the_error_or_what_it_came_of(tmp_path):
    home = Home(tmp_path)
    assert disk_space.free(tmp_path) > disk_space.LOW
    assert not disk_space.is_full(ValueError("x"), home)
    for sign in disk_space.SIGNS:
        try:
            try:
                raise RuntimeError(f"Cannot commit: {sign}")
            except RuntimeError as cause:
                raise ValueError("x") from cause
        except ValueError as error:
            assert disk_space.is_full(error, home)
