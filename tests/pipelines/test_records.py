"""What became of a node, as every backend and page reads it."""

from pathlib import Path

import pytest

from configs.errors import BY_EXIT_CODE, ConfigError, DataRejected, MillraceError, NotBlessed
from configs.home import Home
from pipelines import records
from pipelines.records import Outcome

DONE = Outcome("Trainer", "done", 1.5, "1 epoch", {"history": {"loss": [0.5]}}, {"model": ["/a/model/6"]})
REJECTED = records.failure("DataGate", DataRejected("2 anomalies:\n  fare", "rows.csv:3:1", "Mend it."), 0.5)


def test_an_outcome_is_read_as_it_was_written(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for outcome in (DONE, REJECTED):
        records.write(home, "r1", outcome)
    records.write(home, "r2", Outcome("Trainer", "cached"))
    assert records.read(home, "r1") == {"Trainer": DONE, "DataGate": REJECTED}
    assert records.read(home, "r2") == {"Trainer": Outcome("Trainer", "cached")}
    assert records.read(home, "r3") == {}


def test_a_record_that_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    records.write(home, "r1", DONE)
    (home.run("r1") / "nodes" / ".Transform.json").write_text('{"node": "Transf')
    assert list(records.read(home, "r1")) == ["Trainer"]


def test_a_failure_says_what_where_and_what_to_do() -> None:
    assert REJECTED.text == "2 anomalies:"
    assert REJECTED.error == {
        "exit_code": 3,
        "what": "2 anomalies:\n  fare",
        "where": "rows.csv:3:1",
        "remedy": "Mend it.",
    }
    assert not REJECTED.succeeded


def test_a_failure_without_a_place_lies_in_its_node() -> None:
    error = records.failure("Trainer", MillraceError("It broke.")).error
    assert error is not None
    assert error["where"] == "Trainer"


@pytest.mark.parametrize("kind", BY_EXIT_CODE.values())
def test_an_error_comes_back_as_it_was(kind: type[MillraceError]) -> None:
    failure = records.failure("Pusher", kind("It broke.", "here", "Mend it."))
    assert failure.error is not None
    error = records.as_error(failure.error)
    assert type(error) is kind
    assert (error.what, error.where, error.remedy) == ("It broke.", "here", "Mend it.")


@pytest.mark.parametrize(
    ("error", "verdict"), [(DataRejected, True), (NotBlessed, True), (ConfigError, False), (MillraceError, False)]
)
def test_only_the_data_and_the_model_are_judged(error: type[MillraceError], verdict: bool) -> None:
    assert records.failure("Pusher", error("No.")).is_verdict is verdict
    assert not DONE.is_verdict
