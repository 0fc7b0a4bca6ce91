"""Who waits, in whose place, and what is known of it afterwards; for models that are mere texts."""

import pytest

from components.registry.challenger import (
    ASIDE,
    COMPARED,
    TAKEN,
    challenge,
    find_newest,
    find_waiting,
    fingerprint,
    keep_event,
    list_lines,
    tell_waiting,
)
from components.registry.model_registry import Candidate, Record
from components.registry.versions import history, in_service, list_folders
from configs.errors import MillraceError, NotBlessed
from configs.schema.evaluation import Shadow
from tests.components.registry.conftest import RECORD
from tests.fakes.models import admit, promote, publish, rollback

SHADOW = Shadow(spans=3)


@pytest.fixture
def champion(home, model):
    return publish(home, model("old"), {}, RECORD).version


@pytest.fixture
def wait(home, model):
    """Lets a model wait that was judged against what is in service."""

    def wait(content, run, against=None):
        digest = against or in_service(home).model_digest
        record = Record(run, metrics={"auc": 0.95}, by="ada@mill")
        return challenge(home, Candidate(model(content)), record, digest, admit)

    return wait


def compare(home, span, won=True, **told):
    current = in_service(home)
    about = {"span": span, "against": current.model_digest, "version": current.number}
    keep_event(home, find_newest(home), COMPARED, won=won, **about, **told)


def set_aside(home, why):
    keep_event(home, find_newest(home), ASIDE, why=why, against=in_service(home).model_digest)


def test_what_waits_is_no_version_in_service(home, champion, wait):
    entered = wait("new", "run-2")
    assert (entered.new, entered.version.number) == (True, 1)
    assert (entered.version.path / "saved_model.pb").read_text() == "new"
    assert [*list_folders(home)] == [1]
    assert in_service(home) == champion
    assert [line["run"] for line in history(home)] == ["run-1"]
    assert tell_waiting(home, SHADOW) == "the model of run run-2 has won 0 of 3 new spans against version 1"
    assert tell_waiting(home, None) is None


def test_a_newer_one_takes_the_place_of_one_that_waits(home, champion, wait):
    wait("new", "run-2")
    compare(home, "7")
    wait("newer", "run-3")
    assert find_waiting(home).line["run"] == "run-3"
    assert tell_waiting(home, SHADOW) == "the model of run run-3 has won 0 of 3 new spans against version 1"
    assert [*list_folders(home.challenger)] == [2]
    told = [(line["number"], line["event"], line["run"], line["reason"]) for line in list_lines(home, SHADOW)]
    assert told == [
        (None, "replaced", "run-2", "the model of run run-3 took its place"),
        (None, "waiting", "run-3", "the model of run run-3 has won 0 of 3 new spans against version 1"),
    ]


def test_the_same_model_again_goes_on_waiting(home, champion, wait):
    wait("new", "run-2")
    compare(home, "7")
    again = wait("new", "run-3")
    assert (again.new, again.version.number) == (False, 1)
    assert tell_waiting(home, SHADOW) == "the model of run run-2 has won 1 of 3 new spans (7) against version 1"


def test_what_it_won_against_another_version_counts_for_nothing(home, champion, model, wait):
    wait("new", "run-2")
    compare(home, "7")
    compare(home, "8")
    promote(home, model("other"), {}, Record("run-9", "on my word"))
    assert tell_waiting(home, SHADOW) == "the model of run run-2 has won 0 of 3 new spans against version 2"
    rollback(home)
    assert tell_waiting(home, SHADOW) == "the model of run run-2 has won 2 of 3 new spans (7, 8) against version 3"


def test_one_that_was_set_aside_is_refused_by_its_figures_beside_the_same_version(home, champion, model, wait):
    wait("new", "run-2")
    compare(home, "7", won=False, figures={"auc": [0.9, 0.95]})
    set_aside(home, "on span 7 auc is too low")
    assert find_waiting(home) is None
    with pytest.raises(NotBlessed, match="was set aside at .*: on span 7 auc is too low"):
        wait("new", "run-3")
    [line] = list_lines(home, SHADOW)
    assert (line["event"], line["reason"]) == (ASIDE, "on span 7 auc is too low")
    assert line["comparisons"][0]["figures"] == {"auc": [0.9, 0.95]}
    publish(home, model("other"), {}, Record("run-4"))
    assert wait("new", "run-5").new


def test_one_judged_against_what_is_not_in_service_does_not_wait(home, champion, wait):
    with pytest.raises(NotBlessed, match="What is in service has changed since"):
        wait("new", "run-2", against="0" * 64)
    assert find_newest(home) is None


def test_one_that_was_rolled_away_from_does_not_wait(home, champion, model, wait):
    publish(home, model("new"), {}, Record("run-2"))
    rollback(home, reason="it crashes")
    with pytest.raises(NotBlessed, match="rolled away from by .*: it crashes"):
        wait("new", "run-3")


def test_one_that_a_person_puts_into_service_waits_no_more(home, champion, model, wait):
    wait("new", "run-2")
    promote(home, model("new"), {}, Record("run-2", "it is urgent"))
    assert find_waiting(home) is None
    assert list_lines(home, SHADOW) == []


def test_a_rollback_leaves_it_waiting(home, model, wait):
    for content in "ab":
        publish(home, model(content), {}, RECORD)
    wait("new", "run-3")
    rollback(home)
    assert find_waiting(home).line["run"] == "run-3"


def test_a_damaged_one_is_made_anew(home, champion, model, wait):
    folder = wait("new", "run-2").version.path
    (folder / "saved_model.pb").write_text("bad")
    with pytest.raises(MillraceError, match="version 1 is damaged"):
        in_service(home.challenger)
    assert wait("new", "run-3").version.number == 2


def test_the_state_that_a_candidate_meets_is_part_of_a_node_s_key(home, champion, wait):
    states = [fingerprint(home)]
    wait("new", "run-2")
    states.append(fingerprint(home))
    compare(home, "7")
    states.append(fingerprint(home))
    keep_event(home, find_newest(home), TAKEN, version=2, won="")
    states.append(fingerprint(home))
    assert states == ["", "1:", "1:", "1:in_service"]
