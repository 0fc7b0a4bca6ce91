"""What became of a node, as every backend and page reads it."""

import json
from pathlib import Path

import pytest

from configs.errors import BY_EXIT_CODE, ConfigError, DataRejected, MillraceError, NotBlessed
from configs.home import Home
from pipelines.runs import outcomes
from pipelines.runs.outcomes import Outcome
from pipelines.runs.run import Run

DONE = Outcome("Trainer", "done", 1.5, "1 epoch", {"history": {"loss": [0.5]}}, {"model": ["/a/model/6"]})
REJECTED = outcomes.failure("DataGate", DataRejected("2 anomalies:\n  fare", "rows.csv:3:1", "Mend it."), 0.5)


def test_an_outcome_is_read_as_it_was_written(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for outcome in (DONE, REJECTED):
        outcomes.write_outcome(Run(home, "r1"), outcome)
    outcomes.write_outcome(Run(home, "r2"), Outcome("Trainer", "cached"))
    assert outcomes.read_outcomes(Run(home, "r1")) == {"Trainer": DONE, "DataGate": REJECTED}
    assert outcomes.read_outcomes(Run(home, "r2")) == {"Trainer": Outcome("Trainer", "cached")}
    assert outcomes.read_outcomes(Run(home, "r3")) == {}


def test_a_record_names_places_wherever_the_home_is_mounted(tmp_path: Path) -> None:
    there, here = Home(tmp_path / "workspace" / "taxi"), Home(tmp_path / "mnt" / "models" / "taxi")
    model = str(there.artifacts / "Trainer" / "model" / "6")
    made = Outcome("Trainer", "done", outputs={"model": [model]}, digests={model: "0123"})
    outcomes.write_outcome(Run(there, "r1"), made)
    assert str(tmp_path) not in Run(there, "r1").outcome("Trainer").read_text()
    here.root.parent.mkdir(parents=True)
    there.root.rename(here.root)
    moved = str(here.artifacts / "Trainer" / "model" / "6")
    found = outcomes.read_outcomes(Run(here, "r1"))["Trainer"]
    assert (found.outputs, found.digests) == ({"model": [moved]}, {moved: "0123"})


def test_an_older_record_that_names_a_whole_path_is_read_as_well(tmp_path: Path) -> None:
    run = Run(Home(tmp_path / "taxi"), "r1")
    run.outcomes.mkdir(parents=True)
    old = {"node": "Trainer", "state": "done", "outputs": {"model": ["/workspace/taxi/artifacts/Trainer/model/6"]}}
    run.outcome("Trainer").write_text(json.dumps(old))
    found = outcomes.read_outcomes(run)["Trainer"]
    assert found.outputs == {"model": [str(tmp_path / "taxi/artifacts/Trainer/model/6")]}


def test_a_record_that_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    outcomes.write_outcome(Run(home, "r1"), DONE)
    (home.run("r1") / "nodes" / ".Transform.json").write_text('{"node": "Transf')
    assert list(outcomes.read_outcomes(Run(home, "r1"))) == ["Trainer"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"strange": 1}', "7"])
def test_a_record_that_was_damaged_is_none(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    outcomes.write_outcome(Run(home, "r1"), DONE)
    Run(home, "r1").outcome("DataGate").write_text(text)
    assert list(outcomes.read_outcomes(Run(home, "r1"))) == ["Trainer"]


def test_a_failure_says_what_where_and_what_to_do() -> None:
    assert REJECTED.text == "2 anomalies:"
    assert REJECTED.error == {
        "exit_code": 3,
        "what": "2 anomalies:\n  fare",
        "where": "rows.csv:3:1",
        "remedy": "Mend it.",
    }
    assert not REJECTED.succeeded


def test_a_failure_keeps_what_is_behind_it() -> None:
    error = DataRejected("1 anomaly", "DataGate", "Mend it.", {"anomalies": [{"feature": "fare"}]})
    assert outcomes.failure("DataGate", error).details == {"anomalies": [{"feature": "fare"}]}


def test_a_failure_without_a_place_lies_in_its_node() -> None:
    error = outcomes.failure("Trainer", MillraceError("It broke.")).error
    assert error is not None
    assert error["where"] == "Trainer"


@pytest.mark.parametrize("kind", BY_EXIT_CODE.values())
def test_an_error_comes_back_as_it_was(kind: type[MillraceError]) -> None:
    failure = outcomes.failure("Pusher", kind("It broke.", "here", "Mend it."))
    assert failure.error is not None
    error = outcomes.as_error(failure.error)
    assert type(error) is kind
    assert (error.what, error.where, error.remedy) == ("It broke.", "here", "Mend it.")


@pytest.mark.parametrize(
    ("error", "verdict"), [(DataRejected, True), (NotBlessed, True), (ConfigError, False), (MillraceError, False)]
)
def test_only_the_data_and_the_model_are_judged(error: type[MillraceError], verdict: bool) -> None:
    assert outcomes.failure("Pusher", error("No.")).is_verdict is verdict
    assert not DONE.is_verdict
