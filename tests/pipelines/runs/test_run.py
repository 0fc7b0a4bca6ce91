"""One run: its id, and the places of what it leaves."""

import re
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.home import Home
from pipelines.runs.run import Run, new_id


def test_ids_are_unique_and_in_order_of_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [run_id[:15] for run_id in ids] == sorted(run_id[:15] for run_id in ids)
    for run_id in ids:
        assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", run_id)
        assert Run(Home(Path("taxi")), run_id).id == run_id


@pytest.mark.parametrize("run_id", ["../r1", "/r1", "/etc", "..", ".hidden", "a/b", "", "a" * 129, "r1\n", "r 1"])
def test_an_id_that_would_leave_the_folder_is_refused(run_id: str) -> None:
    with pytest.raises(ConfigError, match="is no run id") as refused:
        Run(Home(Path("taxi")), run_id)
    assert refused.value.where == "--run-id"


def test_all_that_a_run_leaves_lies_in_its_folder() -> None:
    run = Run(Home(Path("/models/taxi")), "r1")
    assert run.folder == Path("/models/taxi/runs/r1")
    places = [
        run.started, run.config, run.log, run.node_log("Trainer"), run.outcomes, run.outcome("Trainer"), run.record,
        run.report, run.tensorboard,
    ]  # fmt: skip
    assert [str(place.relative_to(run.folder)) for place in places] == [
        "started.txt", "config.json", "log.txt", "Trainer.log", "nodes", "nodes/Trainer.json", "run.json",
        "report.html", "tensorboard",
    ]  # fmt: skip
