import subprocess
import sys

from bench.task import Answer, Stopwatch, Task

TASK = Task("train/rows.csv", "heldout.csv", "folder", seed=3, steps=7)


def test_a_task_reaches_the_process_that_does_it(monkeypatch):
    command = TASK.command("bench.plain")
    assert command[:3] == [sys.executable, "-m", "bench.plain"]
    monkeypatch.setattr(sys, "argv", command[2:])
    assert Task.given() == TASK


def test_an_answer_is_read_as_it_was_written(tmp_path):
    task = Task("", "", str(tmp_path), seed=1)
    answer = Answer({"Trainer": 1.5}, model="model", schema="schema.pbtxt")
    answer.write(task)
    assert Answer.read(task) == answer


def test_a_stopwatch_adds_up_what_blocks_and_their_processes_use():
    watch = Stopwatch()
    with watch.time("Pusher"):
        pass
    for _ in range(2):
        with watch.time("Trainer"):
            subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert watch.parts["Pusher"] < 0.02
    assert 0.04 < watch.parts["Trainer"] < 5
