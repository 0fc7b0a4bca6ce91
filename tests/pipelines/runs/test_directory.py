"""The runs of a pipeline: one at a time, and each on record."""

import json
import os
import re
import socket
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from configs.errors import ConfigError, PipelineBusy
from configs.home import Home
from pipelines.runs import directory
from tests.sandbox import Sandbox


def end(home: Home, run_id: str, at: str) -> None:
    home.run(run_id).mkdir(parents=True)
    directory.put(home.run(run_id) / directory.RECORD, json.dumps({"run": run_id, "ended": at, "exit_code": 0}))


def test_ids_are_unique_and_in_order_of_time() -> None:
    ids = [directory.new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [run_id[:15] for run_id in ids] == sorted(run_id[:15] for run_id in ids)
    for run_id in ids:
        assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", run_id)
        directory.check(run_id)


def test_times_are_in_utc() -> None:
    assert abs((datetime.fromisoformat(directory.now()) - datetime.now(timezone.utc)).total_seconds()) < 5
    assert directory.now().endswith("+00:00")


@pytest.mark.parametrize("run_id", ["../r1", "/etc", "..", ".hidden", "a/b", "", "a" * 129, "r1\n", "r 1"])
def test_an_id_that_would_leave_the_folder_is_refused(run_id: str) -> None:
    with pytest.raises(ConfigError, match="is no run id"):
        directory.check(run_id)


def test_a_second_run_learns_who_holds_the_pipeline(tmp_path: Path) -> None:
    home = Home(tmp_path / "taxi")
    with directory.hold(home, "first"), pytest.raises(PipelineBusy) as busy, directory.hold(home, "second"):
        pass
    holder = busy.value.what
    since = re.search(r"run first, process (\d+) on (\S+), since (\S+)\.$", holder)
    assert since is not None, holder
    assert since.groups()[:2] == (str(os.getpid()), socket.gethostname())
    assert datetime.fromisoformat(since[3]).tzinfo == timezone.utc
    assert busy.value.where == str(home.root)


def test_a_pipeline_is_free_when_its_run_has_ended(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for run_id in ("a run with a very long name", "next"):
        with directory.hold(home, run_id):
            assert json.loads(home.lock.read_text())["run"] == run_id


def test_pipelines_do_not_hold_each_other(tmp_path: Path) -> None:
    with directory.hold(Home(tmp_path / "one"), "r"), directory.hold(Home(tmp_path / "other"), "r"):
        assert (tmp_path / "other" / "lock").exists()


def test_the_command_exits_at_once_where_another_run_holds_the_pipeline(fresh: Sandbox) -> None:
    with directory.hold(fresh.home, "elsewhere"):
        started = time.monotonic()
        answer = fresh.run()
        assert time.monotonic() - started < 10
    assert (answer.code, answer.stdout) == (5, "")
    assert f"run elsewhere, process {os.getpid()} on {socket.gethostname()}, since 20" in answer.stderr
    assert len(answer.stderr.splitlines()) == 2
    assert not fresh.home.runs.exists()


def test_the_newest_run_comes_first_whatever_it_is_called(tmp_path: Path) -> None:
    home = Home(tmp_path)
    end(home, "b", "2026-01-02T00:00:00+00:00")
    end(home, "c", "2026-01-01T00:00:00+00:00")
    end(home, "a", "2026-01-03T00:00:00+00:00")
    home.run("still-running").mkdir()
    assert [record["run"] for record in directory.ended(home)] == ["a", "b", "c"]
    assert directory.find(home)["run"] == "a"
    assert directory.find(home, "c")["ended"] == "2026-01-01T00:00:00+00:00"
    with pytest.raises(ConfigError, match=r"There is no run still-running that has ended.*newest runs are: a, b, c"):
        directory.find(home, "still-running")


def test_there_may_be_no_run_yet(tmp_path: Path) -> None:
    assert directory.ended(Home(tmp_path)) == []
    with pytest.raises(ConfigError, match="No run has ended yet"):
        directory.find(Home(tmp_path))


def test_a_file_that_is_put_replaces_what_was_there(tmp_path: Path) -> None:
    for text in ("first", "second"):
        directory.put(tmp_path / "run.json", text)
        assert (tmp_path / "run.json").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
