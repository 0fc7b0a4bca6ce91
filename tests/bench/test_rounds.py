"""The rounds, run by contestants that only write an answer."""

import json
import sys

import pytest

from bench import rounds
from bench.contestants import Contestant
from bench.task import Answer, Task

CODE = """
import json, sys, pathlib
task = json.loads(sys.argv[1])
marks = pathlib.Path(task["folder"], "marks")
marks.write_text(marks.read_text() + "again" if marks.exists() else "first")
rows = len(pathlib.Path(task["train"]).read_text().splitlines()) - 1
print(json.dumps({"parts": {marks.read_text(): rows}, "auc": task["seed"] / 10}))
"""


def start(task: Task) -> list[str]:
    command = task.command("")
    return [command[0], "-c", CODE, command[-1]]


def read(task: Task, output: str) -> Answer:
    return Answer(**json.loads(output))


@pytest.fixture(autouse=True)
def contestants(monkeypatch):
    entrants = {"b": Contestant("one", start, read, imports="import json"), "b2": Contestant("two", start, read)}
    monkeypatch.setattr(rounds, "CONTESTANTS", entrants)


def test_all_take_turns_at_every_size_in_every_round():
    records = list(rounds.compete(["b", "b2"], [1, 2], rounds=2))
    assert [(item["round"], item["contestant"], item["rows"]) for item in records] == [
        (number, name, rows)
        for number in (1, 2)
        for name, rows in [("b", 0), ("b", 11996), ("b2", 11996), ("b", 23992), ("b2", 23992)]
    ]
    parts = [item["parts"] for item in records if item["rows"]]
    assert parts[:4] == [{"first": 11996}, {"firstagain": 11996}, {"first": 23992}, {"firstagain": 23992}]
    assert [item["auc"] for item in records if item["rows"]] == [0.1] * 4 + [0.2] * 4
    assert all(item["wall"] > 0 and item["cpu"] > 0 and item["memory"] > 1 for item in records)


def test_a_model_is_scored_by_a_process_of_its_own(monkeypatch, tmp_path):
    said = []

    def measure(command, folder, env):
        said.extend(command)
        return None, "0.75\n"

    monkeypatch.setattr(rounds, "measure", measure)
    task = Task("train", "heldout", str(tmp_path), seed=1)
    assert rounds.score(Answer({}, model="model", schema="schema"), task) == 0.75
    assert said == [sys.executable, "-m", "bench.score", "model", "schema", "heldout"]
    assert rounds.score(Answer({}), task) is None
