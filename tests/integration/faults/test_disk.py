"""A disk that fills up while a run is at work: what filled it is said, and the run ends as a run ends."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.fakes.small_disk import mounted
from tests.sandbox import Sandbox


@pytest.fixture
def cramped(fresh: Sandbox) -> Iterator[Sandbox]:
    """A pipeline that has not run yet, on a disk that holds its metadata and examples and not much more."""
    with mounted(fresh.folder / "workspace", "1900k"):
        yield fresh


@pytest.mark.full
def test_a_disk_that_a_node_fills_is_said_and_the_run_is_recorded(cramped: Sandbox) -> None:
    answer = cramped.run()
    assert answer.code == 1, answer.stdout + answer.stderr
    error, node = answer.record["error"], list(answer.states)[list(answer.states.values()).index("failed")]
    assert re.match(rf"{node} has filled the disk: [\d,]+ bytes are free", error["what"]), error
    assert error["where"] == str(cramped.home.artifacts / node)
    assert "Traceback" not in answer.stderr
    again = cramped.millrace("run")  # which finds less free still
    assert (again.code, "Traceback" in again.stderr) == (1, False)
    assert "disk" in again.stdout + again.stderr
    assert len(list(cramped.home.runs.glob("*/run.json"))) >= 1
    subprocess.run(["mount", "-o", "remount,size=100m", str(cramped.home.root.parent)], check=True)
    assert cramped.run().code == 0
