"""The rounds: every contestant in turn, at every size, with another seed in each round."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import data
from bench.contestants import CONTESTANTS, SAME_FOLDER
from bench.measure import Cost, measure
from bench.task import Answer, Task

Record = dict[str, Any]  # contestant, rows, round, wall, cpu, memory, others; of a run also parts and auc


def compete(names: Sequence[str], sizes: Sequence[int], rounds: int) -> Iterator[Record]:
    """Yields a record of each run, and one with no rows of each contestant's bare imports."""
    with TemporaryDirectory(prefix="bench-") as temporary:
        place = Path(temporary)
        files = data.write(place, sizes)
        for number in range(1, rounds + 1):
            for name in names:
                if statement := CONTESTANTS[name].imports:
                    cost, _ = measure([sys.executable, "-c", statement], place, CONTESTANTS[name].env)
                    yield record(name, 0, number, cost)
            for size in sizes:
                for name in names:
                    folder = place / SAME_FOLDER.get(name, name)
                    folder.mkdir(exist_ok=True)
                    task = Task(str(files.train[size]), str(files.heldout), str(folder), seed=number)
                    cost, answer = run(name, task)
                    kept = {"parts": answer.parts, "auc": score(answer, task)}
                    yield record(name, files.rows[size], number, cost) | kept
                for name in names:
                    shutil.rmtree(place / name, ignore_errors=True)


def run(name: str, task: Task) -> tuple[Cost, Answer]:
    """Has a contestant do the task."""
    contestant = CONTESTANTS[name]
    cost, output = measure(contestant.starts(task), Path(task.folder), contestant.env)
    return cost, contestant.reads(task, output)


def score(answer: Answer, task: Task) -> float | None:
    """Returns the AUC on the rows held out, if a model was trained; that of a SavedModel by a fresh process."""
    if answer.model is None or answer.schema is None:
        return answer.auc
    command = [sys.executable, "-m", "bench.score", answer.model, answer.schema, task.heldout]
    return float(measure(command, Path(task.folder), {})[1])


def record(name: str, rows: int, number: int, cost: Cost) -> Record:
    """Returns what was measured, as it is kept."""
    return {"contestant": name, "rows": rows, "round": number, **asdict(cost)}
