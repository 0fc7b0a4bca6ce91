"""A schedule on this machine, as a user types it: the daemon, and the verbs that both places have."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.cli.app import app
from pipelines.schedule.state import read_state
from tests.pipelines.conftest import free_port
from tests.sandbox import Sandbox


@pytest.fixture
def config(fresh: Sandbox) -> Path:
    fresh.config.write_text(fresh.config.read_text() + "schedule: {cron: 0 3 * * *, enabled: false}\n")
    return fresh.config


def schedule(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["schedule", *map(str, arguments)])


def test_without_a_cluster_the_verbs_are_of_this_machine(config: Path) -> None:
    home = load(config).home
    paused = schedule("pause", config, "--reason", "holidays")
    assert (paused.exit_code, paused.stdout) == (0, f"trips: {read_state(home).paused}\n")
    [told] = json.loads(schedule("list", config, "--output", "json").stdout)
    assert (told["pipeline"], told["paused"]) == ("trips", read_state(home).paused)
    assert schedule("resume", config).stdout == "trips goes on\n"
    assert read_state(home).paused is None
    assert "paused by schedule.enabled" in schedule("list", config).stdout
    assert schedule("trigger", config).stdout == "trips runs when its schedule is next asked.\n"
    assert str(read_state(home).asked).endswith(" asks")


@pytest.mark.parametrize("verb", ["pause", "resume", "trigger"])
def test_a_dry_run_changes_nothing(config: Path, verb: str) -> None:
    said = schedule(verb, config, "--dry-run")
    assert (said.exit_code, " would " in f" {said.stdout}") == (0, True)
    assert not load(config).home.schedule.exists()


def test_a_daemon_needs_something_to_look_after(tmp_path: Path) -> None:
    assert "There is nothing to look after" in str(schedule("run").exception)
    assert str(tmp_path / "absent") in str(schedule("run", "--folder", tmp_path / "absent").exception)


def test_the_daemon_asks_tells_how_it_is_and_ends_when_it_is_told_to(config: Path) -> None:
    port, log = free_port(), config.with_name("daemon.log")
    options = ["--folder", str(config.parent), "--listen", f"127.0.0.1:{port}", "--log", str(log)]
    command = [sys.executable, "-m", "pipelines", "schedule", "run", *options]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(log, "trips: not due: paused by schedule.enabled")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
    assert "stopping, with 0 at work" in log.read_text()


def wait_for(log: Path, text: str) -> None:
    deadline = time.monotonic() + 120
    while not (log.exists() and text in log.read_text()):
        assert time.monotonic() < deadline, log.read_text() if log.exists() else "there is no log"
        time.sleep(0.1)
