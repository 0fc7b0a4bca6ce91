"""The lease of a pipeline, in a real database: one run at a time, on however many machines."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pymysql
import pytest

from configs.errors import ConfigError, MillraceError, PipelineBusy
from configs.repository import ROOT
from configs.schema.config import Config
from configs.schema.storage import Storage
from pipelines.execution import local_runner
from pipelines.runs import lease
from pipelines.runs.directory import lock_home
from pipelines.runs.mlmd import connection


@pytest.fixture
def shared(config: Config, database: str, tmp_path: Path) -> Config:
    """A pipeline of its own in the database."""
    name = "p" + tmp_path.name.replace("_", "-").lower()[-40:]
    return config.model_copy(update={"name": name, "storage": Storage(root=str(tmp_path), metadata=database)})


def row(config: Config) -> tuple[str, str, datetime, datetime] | None:
    """What the database says of the lease: run, host, since when, until when."""
    return ask(config, lease.READ)


def ask(config: Config, statement: str):
    to = connection(config).mysql
    account = {"user": to.user, "password": to.password, "database": to.database}
    with pymysql.connect(host=to.host, port=to.port, autocommit=True, **account) as session, session.cursor() as cursor:
        cursor.execute(statement, (config.name,))
        return cursor.fetchone()


def expire(config: Config) -> None:
    ask(config, "UPDATE millrace_lease SET ends = UTC_TIMESTAMP() WHERE pipeline = %s")


def utc(time: datetime) -> datetime:
    return time.replace(tzinfo=timezone.utc)


@pytest.mark.slow
def test_a_run_holds_its_pipeline_in_its_steps_and_for_an_hour_between_them(shared: Config) -> None:
    for _ in range(2):
        with lease.hold_pipeline(shared, "r1"), lease.hold_pipeline(shared, "r1"):  # two steps at the same time
            pass
        run, host, since, ends = row(shared)
        now = datetime.now(timezone.utc)
        assert (run, host) == ("r1", socket.gethostname())
        assert abs(utc(since) - now) < timedelta(minutes=1)
        assert abs(utc(ends) - now - timedelta(hours=1)) < timedelta(minutes=1)


@pytest.mark.slow
def test_a_step_at_work_is_silent_for_five_minutes_at_most(shared: Config) -> None:
    with lease.hold_pipeline(shared, "r1"):
        run, host, _, ends = row(shared)
        assert abs(utc(ends) - datetime.now(timezone.utc) - timedelta(minutes=5)) < timedelta(minutes=1)
        assert (run, lease.find_holder(shared)) == ("r1", "r1")
        assert f'"host":"{socket.gethostname()}"' in host  # in a pod, its name
    assert lease.find_holder(shared) == "r1"
    lease.release_lease(shared, "r1")
    assert lease.find_holder(shared) is None


@pytest.mark.slow
def test_one_that_is_known_to_have_ended_is_taken_over_at_once(shared: Config) -> None:
    lease.take_lease(shared, "r1")
    asked: list[str] = []

    def find_end(run: str) -> str | None:
        asked.append(run)
        return "its workflow is gone" if len(asked) > 1 else None

    with pytest.raises(PipelineBusy, match="run r1"), lease.hold_pipeline(shared, "r2", find_end):
        pass
    with lease.hold_pipeline(shared, "r2", find_end):
        assert row(shared)[0] == "r2"
    assert asked == ["r1", "r1"]


@pytest.mark.slow
def test_another_run_learns_who_holds_it_and_leaves_it_to_them(shared: Config) -> None:
    lease.take_lease(shared, "r1")
    before = row(shared)
    with pytest.raises(PipelineBusy) as busy, lease.hold_pipeline(shared, "r2"):
        pass
    since, ends = (utc(time).isoformat() for time in before[2:])
    assert busy.value.what == (
        f"Another run holds the pipeline: run r1, process {os.getpid()} on {socket.gethostname()}, since {since}."
    )
    assert ends in busy.value.remedy
    lease.release_lease(shared, "r2")
    assert row(shared) == before


@pytest.mark.slow
def test_the_next_run_takes_it_when_it_is_given_back(shared: Config) -> None:
    lease.take_lease(shared, "r1")
    lease.release_lease(shared, "r1")
    lease.release_lease(shared, "r1")
    lease.take_lease(shared, "r2")
    assert row(shared)[0] == "r2"


@pytest.mark.slow
def test_an_expired_lease_is_taken_over_and_not_given_back_by_who_had_it(shared: Config) -> None:
    lease.take_lease(shared, "r1")
    expire(shared)
    lease.take_lease(shared, "r2")
    lease.release_lease(shared, "r1")
    assert row(shared)[0] == "r2"
    with pytest.raises(PipelineBusy, match="run r2"):
        lease.take_lease(shared, "r1")


@pytest.mark.slow
def test_of_many_that_come_at_once_one_gets_it(shared: Config) -> None:
    refused: list[str] = []

    def try_it(run: str) -> None:
        try:
            lease.take_lease(shared, run)
        except PipelineBusy:
            refused.append(run)

    threads = [Thread(target=try_it, args=[f"r{number}"]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    assert row(shared)[0] not in refused


@pytest.mark.slow
def test_what_is_borrowed_is_given_back_however_it_ends(shared: Config) -> None:
    with pytest.raises(ZeroDivisionError), lease.borrow_pipeline(shared, "clean-1"):
        assert row(shared)[0] == "clean-1"
        1 / 0  # noqa: B018
    assert row(shared) is None


@pytest.mark.slow
def test_a_step_at_work_gives_signs_of_life(shared: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT", 0.1)
    with lease.hold_pipeline(shared, "r1"):
        first = row(shared)
        wait_for(lambda: row(shared)[3] > first[3])
    assert row(shared)[0] == "r1"


@pytest.mark.slow
def test_a_step_whose_lease_is_lost_is_stopped(shared: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT", 0.1)
    with pytest.raises(PipelineBusy, match="run r2"), local_runner.stoppable(), lease.hold_pipeline(shared, "r1"):
        ask(shared, "UPDATE millrace_lease SET run = 'r2' WHERE pipeline = %s")
        signal.sigtimedwait([], 60)
    assert row(shared)[0] == "r2"


@pytest.mark.slow
def test_pipelines_do_not_hold_each_other(shared: Config) -> None:
    other = shared.model_copy(update={"name": shared.name[1:]})
    lease.take_lease(shared, "r1")
    lease.take_lease(other, "r2")
    assert (row(shared)[0], row(other)[0]) == ("r1", "r2")


@pytest.mark.slow
def test_a_wrong_password_is_an_error_that_does_not_tell_it(shared: Config, database: str) -> None:
    wrong = shared.model_copy(update={"storage": Storage(metadata=database.replace("p%40ss", "guess"))})
    with pytest.raises(MillraceError, match="The metadata store cannot be used: Access denied") as refused:
        lease.take_lease(wrong, "r1")
    assert "guess" not in str(refused.value)
    assert refused.value.where.startswith("127.0.0.1:")


HOLD = """
import sys
from configs.schema.config import Config
from pipelines.runs import lease

config = Config.model_validate_json(sys.stdin.readline())
with getattr(lease, sys.argv[1])(config, "r1"):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold_elsewhere(config: Config, how: str = "hold_pipeline") -> "subprocess.Popen[str]":
    """Starts a process that holds the lease for run r1."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", HOLD, how], cwd=ROOT, text=True, **pipes)
    assert process.stdin and process.stdout
    process.stdin.write(config.model_dump_json() + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.slow
def test_a_run_that_is_killed_is_taken_over_at_once_and_one_that_lives_is_not(shared: Config) -> None:
    process = hold_elsewhere(shared)
    with pytest.raises(PipelineBusy, match=f"run r1, process {process.pid} on {socket.gethostname()}"):
        lease.take_lease(shared, "r2")
    process.kill()
    process.communicate()
    lease.take_lease(shared, "r2")
    assert row(shared)[0] == "r2"


@pytest.mark.slow
def test_a_step_that_ended_leaves_the_lease_to_the_next_of_its_run(shared: Config) -> None:
    process = hold_elsewhere(shared)
    process.communicate(timeout=60)
    assert row(shared)[:2] == ("r1", socket.gethostname())
    with pytest.raises(PipelineBusy, match=f"run r1, last on {socket.gethostname()}"):
        lease.take_lease(shared, "r2")


@pytest.mark.slow
def test_what_is_in_service_waits_for_no_training(shared: Config) -> None:
    lease.take_lease(shared, "r1")
    with lease.guard_service(shared, "rollback"):
        assert row(shared)[0] == "r1"


@pytest.fixture
def stored(shared: Config) -> Config:
    """A pipeline in a store, which no test here looks into."""
    return shared.model_copy(update={"storage": Storage(root="s3://models", metadata=shared.storage.metadata)})


@pytest.mark.slow
def test_in_a_store_one_changes_what_is_in_service_at_a_time(stored: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "SERVICE_PATIENCE", 0.1)
    lease.take_lease(stored, "r0")  # a training goes on
    process = hold_elsewhere(stored, "hold_service")
    with pytest.raises(PipelineBusy, match="run r1"), lease.guard_service(stored, "rollback"):
        pass
    process.kill()
    process.communicate()
    with lease.guard_service(stored, "rollback"):
        pass
    with lease.guard_service(stored, "promote"):
        pass
    assert row(stored)[0] == "r0"


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_database_that_does_not_answer_is_named(config: Config, unused_port: int) -> None:
    url = f"mysql://me:secret@127.0.0.1:{unused_port}/runs"
    shared = config.model_copy(update={"storage": Storage(root=config.storage.root, metadata=url)})
    with pytest.raises(MillraceError, match="The metadata store cannot be used: Can't connect") as error:
        lease.take_lease(shared, "r1")
    assert error.value.where == f"127.0.0.1:{unused_port}"
    assert "secret" not in str(error.value)
    with lease.borrow_pipeline(config, "r1"):
        pass


def test_on_one_machine_a_file_is_the_lock(config: Config) -> None:
    with (
        lease.hold_pipeline(config, "r1"),
        pytest.raises(PipelineBusy, match="run r1, process"),
        lock_home(config.home, "r2"),
    ):
        pass
    lease.release_lease(config, "r1")
    with lease.borrow_pipeline(config, "r2"):
        assert '"run": "r2"' in config.home.lock.read_text()


def test_a_store_without_a_database_has_no_lease(config: Config) -> None:
    shared = config.model_copy(update={"storage": Storage(root="s3://models")})
    with pytest.raises(ConfigError, match=r"^storage\.metadata: A pipeline in an object store needs a database"):
        lease.hold_pipeline(shared, "r1").__enter__()
