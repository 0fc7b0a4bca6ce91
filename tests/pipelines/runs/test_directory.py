"""The runs of a pipeline: one at a time, and each on record."""

import json
import os
import re
import socket
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from components.registry.file_lock import hold_file
from configs.errors import ConfigError, MillraceError, PipelineBusy
from configs.home import Home
from configs.schema.config import Config
from configs.schema.storage import Storage
from pipelines.runs import directory
from pipelines.runs.run import Run
from tests.sandbox import Sandbox


def end(home: Home, run_id: str, at: str) -> None:
    run = Run(home, run_id)
    run.folder.mkdir(parents=True, exist_ok=True)
    directory.write_file(run.record, json.dumps({"run": run_id, "ended": at, "exit_code": 0}))


def test_a_run_keeps_the_time_and_config_it_began_with(config: Config) -> None:
    run = Run(config.home, "r1")
    with_password = config.model_copy(update={"storage": Storage(metadata="mysql://me:canary@somewhere/runs")})
    began = directory.begin_run(with_password, run)
    assert abs((datetime.fromisoformat(began) - datetime.now(timezone.utc)).total_seconds()) < 5
    assert json.loads(run.config.read_text())["name"] == "taxi"
    assert "canary" not in run.config.read_text()
    run.started.write_text("2026-01-01T00:00:00+00:00")
    assert directory.begin_run(config.model_copy(update={"name": "other"}), run) == "2026-01-01T00:00:00+00:00"
    assert json.loads(run.config.read_text())["name"] == "taxi"


def test_a_second_run_learns_who_holds_the_pipeline(tmp_path: Path) -> None:
    home = Home(tmp_path / "taxi")
    with directory.lock_home(home, "first"), pytest.raises(PipelineBusy) as busy, directory.lock_home(home, "second"):
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
        with directory.lock_home(home, run_id):
            assert json.loads(home.lock.read_text())["run"] == run_id


def test_a_lock_that_is_a_link_is_refused_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    home = Home(tmp_path / "taxi")
    home.root.mkdir()
    (tmp_path / "precious").write_text("text")
    home.lock.symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"), directory.lock_home(home, "r"):
        pass
    assert (tmp_path / "precious").read_text() == "text"


def test_pipelines_do_not_hold_each_other(tmp_path: Path) -> None:
    with directory.lock_home(Home(tmp_path / "one"), "r"), directory.lock_home(Home(tmp_path / "other"), "r"):
        assert (tmp_path / "other" / "lock").exists()


@pytest.mark.slow
def test_the_command_exits_at_once_where_another_run_holds_the_pipeline(fresh: Sandbox) -> None:
    with directory.lock_home(fresh.home, "elsewhere"):
        started = time.monotonic()
        answer = fresh.run()
        assert time.monotonic() - started < 10
    assert (answer.code, json.loads(answer.stdout)["error"]["exit_code"]) == (5, 5)
    assert f"run elsewhere, process {os.getpid()} on {socket.gethostname()}, since 20" in answer.stderr
    assert len(answer.stderr.splitlines()) == 2
    assert not fresh.home.runs.exists()


def test_the_newest_run_comes_first_whatever_it_is_called(tmp_path: Path) -> None:
    home = Home(tmp_path)
    end(home, "b", "2026-01-02T00:00:00+00:00")
    end(home, "c", "2026-01-01T00:00:00+00:00")
    end(home, "a", "2026-01-03T00:00:00+00:00")
    home.run("still-running").mkdir()
    assert [record["run"] for record in directory.read_records(home)] == ["a", "b", "c"]
    assert directory.find_record(home)["run"] == "a"
    assert directory.find_record(home, "c")["ended"] == "2026-01-01T00:00:00+00:00"
    with pytest.raises(ConfigError, match=r"There is no run still-running that has ended.*newest runs are: a, b, c"):
        directory.find_record(home, "still-running")


def test_runs_are_ordered_by_which_began_after_which_whatever_the_clock_says(tmp_path: Path, config: Config) -> None:
    home = Home(tmp_path)
    end(home, "unnumbered", "2030-01-01T00:00:00+00:00")
    for number, (run_id, at) in enumerate([("a", "2029-01-01T00:00:00+00:00"), ("b", "2026-01-01T00:00:00+00:00")], 1):
        run = Run(home, run_id)
        directory.begin_run(config, run)
        assert directory.number_of(run) == number
        directory.write_file(run.record, json.dumps({"run": run_id, "number": number, "ended": at}))
    directory.begin_run(config, Run(home, "a"))
    assert directory.number_of(Run(home, "a")) == 1
    records = directory.read_records(home)
    assert [record["run"] for record in records] == ["b", "a", "unnumbered"]
    assert (len(records), [record["run"] for record in records[1:]], records[-1]["run"]) == (
        3,
        ["a", "unnumbered"],
        "unnumbered",
    )


def test_of_many_runs_only_those_that_are_asked_for_are_read(tmp_path: Path, config: Config) -> None:
    home = Home(tmp_path)
    for run_id in ("a", "b"):
        directory.begin_run(config, Run(home, run_id))
        end(home, run_id, "2026-01-01T00:00:00+00:00")
    Run(home, "a").record.write_text("damaged")
    records = directory.read_records(home)
    assert (len(records), records[0]["run"]) == (2, "b")
    with pytest.raises(MillraceError, match="cannot be read"):
        list(records)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"run": "a"}', "\ud800"])
def test_a_record_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    end(home, "a", "2026-01-02T00:00:00+00:00")
    damaged = Run(home, "a").record
    damaged.write_text(text, errors="surrogatepass")
    with pytest.raises(MillraceError, match="the record of this run cannot be read") as error:
        directory.find_record(home)
    assert error.value.where == str(damaged)


@pytest.mark.parametrize("text", ["", "[]", "{}", '"x"', "\0" * 5000])
def test_a_lock_file_full_of_anything_is_taken_and_named_as_well_as_can_be(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.lock.write_text(text)
    with hold_file(home.lock), pytest.raises(PipelineBusy, match="it has just begun"), directory.lock_home(home, "r"):
        pass
    with directory.lock_home(home, "r"):
        assert json.loads(home.lock.read_text())["run"] == "r"


def test_there_may_be_no_run_yet(tmp_path: Path) -> None:
    assert list(directory.read_records(Home(tmp_path))) == []
    with pytest.raises(ConfigError, match="No run has ended yet"):
        directory.find_record(Home(tmp_path))


def test_a_file_that_is_put_replaces_what_was_there(tmp_path: Path) -> None:
    for text in ("first", "second"):
        directory.write_file(tmp_path / "run.json", text)
        assert (tmp_path / "run.json").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
