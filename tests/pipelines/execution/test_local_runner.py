"""A run on this machine: what it says, how it is stopped, and what is left when something dies."""

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from configs.copies import COPIES
from configs.errors import Stopped
from configs.loading.loader import load
from configs.nodes import NODES
from pipelines.execution.local_runner import explain_death, run_worker
from pipelines.runs.directory import begin_run, find_record, lock_home, read_records
from pipelines.runs.run import Run
from tests.sandbox import PATIENCE, ROOT, Answer, Sandbox

IDS = [spec.id for spec in NODES.values() if spec.key is None]  # what the sandbox asks for

LINE = re.compile(r"(\w+) +(done|cached|failed) +\d+\.\d s  \S.*")
WORKER = "pipelines.execution.worker"
LONG = ("--output", "json", "--set", "training.epochs=100000", "--set", "training.seed=1")


def start_training(place: Sandbox) -> "subprocess.Popen[str]":
    """Starts a run that would train for hours, and returns when it has begun to."""
    models = place.home.artifacts / "Trainer" / "model"
    before = set(models.iterdir())
    process = place.start("run", *LONG)
    assert wait_for(lambda: set(models.iterdir()) > before or process.poll() is not None, PATIENCE)
    assert process.poll() is None, process.communicate()
    return process


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether a condition comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def end(process: "subprocess.Popen[str]") -> Answer:
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return Answer(process.returncode, stdout, stderr)


def node_process(process: "subprocess.Popen[str]") -> psutil.Process:
    """The process that runs the nodes."""
    [child] = psutil.Process(process.pid).children()
    assert WORKER in child.cmdline()
    return child


def is_free(place: Sandbox) -> bool:
    with lock_home(place.home, "a test"):
        return True


@pytest.mark.slow
def test_the_screen_shows_our_lines_and_the_log_the_chatter(first_run: tuple[Sandbox, Answer]) -> None:
    place, answer = first_run
    lines = answer.stderr.splitlines()
    assert [LINE.fullmatch(line) and line.split()[0] for line in lines] == IDS
    assert len(answer.stdout.splitlines()) == 1
    [folder] = place.home.runs.iterdir()
    log = (folder / "log.txt").read_text()
    assert "Running launcher for" in log
    assert len(log.splitlines()) > 100


@pytest.mark.slow
def test_temporary_files_lie_below_the_run_and_go_with_its_process(fresh: Sandbox, tmp_path: Path, monkeypatch) -> None:
    config, seen = load(fresh.config), []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def stop(_event: Mapping[str, Any]) -> None:
        [env] = [child.environ() for child in psutil.Process().children() if WORKER in child.cmdline()]
        seen.extend([Path(env["TMPDIR"]), Path(env["TMPDIR"]).is_dir(), env[COPIES]])
        raise Stopped("seen enough")

    run = Run(config.home, "r")
    begin_run(config, run)
    with pytest.raises(Stopped):
        run_worker(config, run, ["ExampleGen"], True, stop, run.log)
    folder, was_there, copies = seen
    assert (folder.parent, was_there, copies) == (run.folder, True, str(tmp_path))
    assert not folder.exists()


@pytest.mark.slow
def test_a_run_is_recorded(first_run: tuple[Sandbox, Answer]) -> None:
    place, answer = first_run
    assert find_record(place.home) == answer.record
    assert (answer.record["published"], answer.record["in_service"], answer.record["error"]) == (1, 1, None)
    assert set(answer.states.values()) == {"done"}
    assert answer.record["folder"] == str(place.home.run(answer.record["run"]))
    assert answer.record["started"] < answer.record["ended"]


@pytest.mark.slow
def test_a_person_is_told_what_came_of_it(sandbox: Sandbox) -> None:
    answer = sandbox.millrace("run")
    assert (answer.code, answer.stderr) == (0, "")
    nodes, _, rest = answer.stdout.partition("\n\n")
    assert [LINE.fullmatch(line) and line.split()[0] for line in nodes.splitlines()] == IDS
    first, *others = rest.splitlines()
    assert first == "Done: nothing new: version 1 is this model"
    assert [line.split("  ")[0] for line in others if line] == ["In service", "This run", "Next"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.full)])
def test_a_run_that_is_told_to_stop_stops_and_the_next_resumes(sandbox: Sandbox, number: signal.Signals) -> None:
    process = start_training(sandbox)
    child = node_process(process)
    told = time.monotonic()
    while process.poll() is None and len(read_records(sandbox.home)) == 1:  # whoever is impatient is served as well
        process.send_signal(number)
        time.sleep(0.02)
    answer = end(process)
    assert time.monotonic() - told < 10
    assert answer.code == 1
    assert not child.is_running()
    assert answer.record["error"] == {
        "exit_code": 1,
        "what": f"The run was stopped by {number.name}.",
        "where": "Trainer",
        "remedy": "Run again: it resumes where it was.",
    }
    assert (answer.states["Transform"], answer.states["Trainer"], answer.states["Pusher"]) == (
        "cached",
        "failed",
        "not run",
    )
    [stopped] = [node for node in answer.record["nodes"] if node["node"] == "Trainer"]
    assert (stopped["seconds"] > 0, stopped["cpu"]) == (True, None)
    assert find_record(sandbox.home) == answer.record
    assert (answer.record["published"], answer.record["in_service"]) == (None, 1)
    assert is_free(sandbox)
    answer = sandbox.run("--set", "training.seed=1", "--until", "Trainer")
    assert answer.code == 0
    assert (answer.states["Transform"], answer.states["Trainer"]) == ("cached", "done")


@pytest.mark.slow
def test_a_node_that_takes_too_long_is_ended(fresh: Sandbox) -> None:
    answer = fresh.run("--set", "resources.ExampleGen.timeout=2")
    first, *others = answer.record["nodes"]
    assert answer.code == 1
    assert first["error"]["what"] == (
        "ExampleGen took longer than its 2 s (resources.ExampleGen.timeout), and was ended; it last told: loading "
        "TensorFlow."
    )
    assert (2 <= first["seconds"] < 4, first["cpu"]) == (True, None)
    assert {node["state"] for node in others} == {"not run"}
    assert "loading TensorFlow, is ended in 0 s by resources.ExampleGen.timeout\n" in answer.stderr


@pytest.mark.slow
def test_a_node_that_is_killed_is_said_to_be(sandbox: Sandbox) -> None:
    process = start_training(sandbox)
    node_process(process).kill()
    answer = end(process)
    assert answer.code == 1
    assert answer.record["error"]["where"] == "Trainer"
    assert answer.record["error"]["what"] == "The process was killed (signal 9); out of memory, most likely."
    assert answer.states["Evaluator"] == "not run"
    assert is_free(sandbox)


@pytest.mark.slow
def test_an_error_that_nobody_foresaw_is_one_paragraph_and_its_traceback_lies_in_the_log(fresh: Sandbox) -> None:
    fresh.home.artifacts.mkdir(parents=True)
    (fresh.home.artifacts / "ExampleGen").write_text("a file where a folder must be")
    answer = fresh.millrace("run")
    assert answer.code == 1
    assert "Traceback" not in answer.stdout + answer.stderr
    assert "ExampleGen: " in answer.stdout
    assert "The run's log.txt holds the traceback." in answer.stdout
    [folder] = fresh.home.runs.iterdir()
    assert "Traceback" in (folder / "log.txt").read_text()


@pytest.mark.slow
def test_a_store_that_does_not_answer_is_named_and_its_password_is_not(fresh: Sandbox, unused_port: int) -> None:
    answer = fresh.run("--set", f"storage.metadata=mysql://me:secret@127.0.0.1:{unused_port}/runs")
    assert (answer.code, json.loads(answer.stdout)["error"]["where"]) == (1, f"127.0.0.1:{unused_port}")
    assert answer.stderr.startswith(f"127.0.0.1:{unused_port}: The metadata store cannot be used: Can't connect")
    assert len(answer.stderr.splitlines()) == 2
    assert "secret" not in answer.stderr + answer.stdout
    assert not fresh.home.runs.exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-signal.SIGKILL, "killed (signal 9); out of memory"),
        (-signal.SIGSEGV, "died of SIGSEGV"),
        (1, "ended with code 1"),
    ],
)
def test_a_death_is_explained(code: int, words: str) -> None:
    assert words in explain_death(code).what


@pytest.mark.slow
def test_the_run_s_own_process_does_without_tensorflow() -> None:
    code = "import pipelines.execution.local_runner, sys; sys.exit('tensorflow' in sys.modules or 'tfx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
