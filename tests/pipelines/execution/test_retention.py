"""What stays of a pipeline that keeps a number of each, and what goes."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.registry.challenger import challenge
from components.registry.model_registry import Candidate, Record
from components.registry.versions import history, in_service
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.storage import Keep
from pipelines.execution.retention import choose_doomed, remove_doomed, retain, retain_after
from pipelines.runs.run import Run
from tests.fakes.models import admit, publish, rollback
from tests.pipelines.schedule.records import leave_record, leave_run
from tests.sandbox import Sandbox


@pytest.fixture
def config(fresh: Sandbox) -> Config:
    return load(fresh.config, ["storage.keep={versions: 1, runs: 2, artifacts: 1}"])


def leave(config: Config, run: str, **fields: Any) -> Path:
    """Leaves a run whose Trainer made an artifact, and returns where that lies."""
    artifact = config.home.artifacts / "Trainer" / "model" / run
    artifact.mkdir(parents=True)
    (artifact / "saved_model.pb").write_text("x" * 10_000)
    node = {"node": "Trainer", "state": "done", "details": {}, "outputs": {"model": [str(artifact)]}}
    leave_record(config, run, nodes=[node], **fields)
    return artifact


def put(config: Config, run: str) -> None:
    """Publishes the artifact of a run."""
    model = config.home.artifacts / "Trainer" / "model" / run
    (model / "saved_model.pb").write_text(run)
    publish(config.home, model, {}, Record(run))


def list_names(config: Config) -> list[list[str]]:
    home = config.home
    places = (home.serving, home.runs, home.artifacts / "Trainer" / "model")
    return [sorted(path.name for path in place.glob("[!.]*")) for place in places]


def test_what_is_in_service_and_what_it_was_judged_against_stay(config: Config) -> None:
    for number in range(1, 6):
        leave(config, f"r{number}")
        put(config, f"r{number}")
    for number in (6, 7, 8):
        leave(config, f"r{number}", exit_code=4)
    before = history(config.home)
    assert retain(config).startswith("3 versions, 4 runs, 5 artifacts, 0.")
    kept = ["r4", "r5", "r7", "r8"]  # those of versions 4 and 5, and the newest two
    assert list_names(config) == [["4", "5"], kept, ["r4", "r5", "r8"]]
    assert history(config.home) == before
    assert [path.name for path in config.home.serving.glob(".staging*")] == []
    assert in_service(config.home).number == 5
    assert retain(config) == ""


def test_after_a_rollback_what_it_repeats_stays_and_so_does_the_next_to_roll_back_to(config: Config) -> None:
    for number in range(1, 6):
        leave(config, f"r{number}")
        put(config, f"r{number}")
    rollback(config.home, to=3)
    retain(config)
    assert list_names(config)[0] == ["2", "3", "5", "6"]
    assert rollback(config.home).manifest["of"] == 2


def test_where_what_is_in_service_is_damaged_no_version_goes(config: Config) -> None:
    for number in range(1, 6):
        leave(config, f"r{number}")
        put(config, f"r{number}")
    (config.home.serving / "5" / "saved_model.pb").write_text("?")
    retain(config)
    assert list_names(config) == [
        ["1", "2", "3", "4", "5"],
        [f"r{n}" for n in range(1, 6)],
        [f"r{n}" for n in range(1, 6)],
    ]


def test_what_the_cache_of_this_config_answers_with_stays(config: Config) -> None:
    leave(config, "r1")
    leave(config, "r2", made_of={"config": "another"})
    leave(config, "r3", exit_code=3)
    shared = leave(config, "r4", exit_code=3)
    config.home.settled.write_text("seal\n" + json.dumps({"artifacts": {str(shared.with_name("r2")): "digest"}}))
    retain(config)
    assert list_names(config)[2] == ["r1", "r2", "r4"]


def test_an_artifact_that_a_run_that_stays_was_answered_with_stays(config: Config) -> None:
    old = leave(config, "r1", exit_code=3)
    leave(config, "r2", exit_code=3)
    node = {"node": "Trainer", "state": "cached", "details": {}, "outputs": {"model": [str(old)]}}
    leave_record(config, "r3", nodes=[node], exit_code=3)
    retain(config)
    assert list_names(config)[2] == ["r1"]


def test_a_run_that_was_killed_goes_with_those_of_its_time(config: Config) -> None:
    leave_run(config, "r0", "2026-06-01T03:00:00+00:00")
    for number in (1, 2, 3):
        leave(config, f"r{number}", exit_code=3)
    leave_run(config, "r4", "2026-06-01T03:00:00+00:00")
    retain(config)
    assert list_names(config)[1] == ["r2", "r3", "r4"]


def test_an_artifact_outside_of_the_pipeline_is_left_alone(config: Config, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    node = {"node": "Trainer", "state": "done", "details": {}, "outputs": {"model": [str(elsewhere)]}}
    leave_record(config, "r1", nodes=[node], exit_code=3)
    for number in (2, 3, 4):
        leave(config, f"r{number}", exit_code=3)
    retain(config)
    assert elsewhere.is_dir()


def test_of_what_is_not_named_all_stays(config: Config) -> None:
    for number in (1, 2, 3):
        leave(config, f"r{number}", exit_code=3)
    doomed = choose_doomed(config, Keep(artifacts=1))
    assert (len(doomed.versions), len(doomed.runs), len(doomed.artifacts)) == (0, 0, 2)
    assert doomed.bytes >= 20_000
    remove_doomed(config, doomed)
    assert list_names(config)[1:] == [["r1", "r2", "r3"], ["r3"]]


def test_a_run_tells_what_it_freed_in_its_record(config: Config) -> None:
    for number in (1, 2):
        leave(config, f"r{number}", exit_code=3)
    run = Run(config.home, "r3")
    last = leave_record(config, "r3", nodes=[])
    record = retain_after(config, run, last)
    assert record["freed"].startswith("1 run, 2 artifacts, 0.")
    assert json.loads(run.record.read_text()) == record
    assert retain_after(config, run, last) == last


def test_the_run_of_a_challenger_stays_with_its_artifacts(config: Config) -> None:
    for number in range(1, 6):
        leave(config, f"r{number}")
    put(config, "r1")
    waits = config.home.artifacts / "Trainer" / "model" / "r2"
    current = in_service(config.home)
    assert current is not None
    challenge(config.home, Candidate(waits), Record("r2"), current.model_digest, admit)
    retain(config)
    assert list_names(config)[1:] == [["r1", "r2", "r4", "r5"], ["r1", "r2", "r5"]]
