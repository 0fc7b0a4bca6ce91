"""A daemon, and a run of it, that are killed in the middle of a training: the next daemon goes on with the run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from configs.repository import ROOT
from pipelines.runs.directory import read_records
from tests.pipelines.execution.test_local_runner import wait_for
from tests.sandbox import PATIENCE, Sandbox

DAILY = "schedule: {cron: 0 3 * * *}\n"


def start_daemon(place: Sandbox) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "pipelines", "schedule", "run", str(place.config), "--log", str(log_of(place))]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ)


def log_of(place: Sandbox) -> Path:
    return place.folder / "daemon.log"


@pytest.mark.full
def test_a_daemon_that_is_killed_with_its_run_goes_on_with_it(fresh: Sandbox) -> None:
    fresh.config.write_text(fresh.config.read_text() + DAILY)
    daemon = start_daemon(fresh)
    assert wait_for(lambda: bool([*fresh.home.runs.glob("*/nodes/Transform.json")]), PATIENCE), fresh.show_log()
    killed = [*fresh.home.runs.iterdir()]
    for process in [*psutil.Process(daemon.pid).children(recursive=True), daemon]:
        process.kill()
    daemon.wait()
    assert len(read_records(fresh.home)) == 0
    daemon = start_daemon(fresh)
    try:
        assert wait_for(lambda: len(read_records(fresh.home)) == 1, PATIENCE), fresh.show_log()
        assert wait_for(lambda: "not due: the next time is" in log_of(fresh).read_text(), PATIENCE)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(PATIENCE) == 0
    finally:
        daemon.kill()
    [record] = read_records(fresh.home)
    assert (record["exit_code"], record["published"]) == (0, 1)
    assert record["decision"]["text"] == f"due: run {killed[0].name} was cut short, and is gone on with"
    states = {node["node"]: node["state"] for node in record["nodes"]}
    assert (states["ExampleGen"], states["Transform"]) == ("cached", "cached")
