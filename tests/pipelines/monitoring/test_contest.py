"""A challenger beside the version in service, on spans that come one by one."""

import re

import pytest

from components.registry.challenger import challenge, find_newest, find_waiting, keep_event, list_lines
from components.registry.model_registry import Candidate, Record
from components.registry.versions import history, in_service
from configs.schema.config import Config
from pipelines.monitoring import contest
from pipelines.monitoring.contest import Contest, hold_contest
from tests.fakes.models import admit, promote, publish, rollback
from tests.pipelines.monitoring.conftest import Told, save
from tests.pipelines.schedule.records import leave_record

WAITS = "the model of run run-2 has won {} of 2 new spans{} against version {}"


@pytest.fixture
def config(config):
    evaluation = {"thresholds": {"auc": {"min": 0.8, "max_drop": 0.05}}, "shadow": {"spans": 2}}
    return Config.model_validate({**config.model_dump(mode="json"), "evaluation": evaluation})


@pytest.fixture(scope="session")
def equal(tmp_path_factory):
    """Another model, that tells as well."""
    return save(Told(0.5), tmp_path_factory.mktemp("equal"))


@pytest.fixture(scope="session")
def worse(tmp_path_factory):
    """One that tells the contrary."""
    return save(Told(-1.0), tmp_path_factory.mktemp("worse"))


@pytest.fixture
def wait(config, home, extras, write):
    """Lets a model wait that, as the version in service, was trained on span 1."""
    write("1.csv")
    for run in ("run-1", "run-2"):
        leave_record(config, run, portions={"1": {"digest": "d", "rows": 1000}})

    def wait(model):
        record = Record("run-2", metrics={"auc": 0.95})
        challenge(home, Candidate(model, extras), record, in_service(home).model_digest, admit)

    return wait


def look(config):
    return hold_contest(config, admit)


def test_it_goes_into_service_once_it_has_won_on_as_many_spans(config, home, wait, equal, write):
    wait(equal)
    assert look(config) == Contest((), WAITS.format(0, "", 1))
    write("2.csv")
    assert look(config) == Contest(("the challenger has won span 2",), WAITS.format(1, " (2)", 1))
    assert look(config) == Contest((), WAITS.format(1, " (2)", 1))
    write("3.csv", right=0.9)
    why = "as a challenger it won on span 2, 3 against version 1"
    assert look(config) == Contest(("the challenger has won span 3", f"version 2 is in service: {why}"))
    line = history(home)[-1]
    assert (line["number"], line["event"], line["run"], line["reason"]) == (2, "published", "run-2", why)
    assert (in_service(home).extras / "config.json").exists()
    [*compared, taken] = find_newest(home).events
    assert [event["span"] for event in compared] == ["2", "3"]
    ours, theirs = compared[0]["figures"]["auc"]
    assert ours == pytest.approx(theirs, abs=1e-6)  # of the same rows, by answers in the same order
    assert ours == pytest.approx(0.95, abs=0.02)
    assert compared[0]["figures"]["example_count"] == [1000, 1000]
    assert taken["event"] == "in_service"
    assert look(config) == Contest()


def test_it_is_set_aside_where_it_loses_and_the_history_has_its_figures(config, home, wait, worse, write):
    wait(worse)
    write("2.csv")
    [said] = look(config).said
    figures = (
        r"auc \(Overall\) is 0.0\d+, below 0.8; auc \(Overall\) is 0.0\d+ against 0.9\d+ in service: a change of -0.\d+"
    )
    assert re.search(f"model of run run-2 was set aside as a challenger: on span 2 {figures}", said)
    assert (in_service(home).number, find_waiting(home)) == (1, None)
    [line] = list_lines(home, config.evaluation.shadow)
    assert line["event"] == "set_aside"
    ours, theirs = line["comparisons"][0]["figures"]["auc"]
    assert (ours, theirs) == (pytest.approx(0.05, abs=0.02), pytest.approx(0.95, abs=0.02))
    assert look(config) == Contest()


def test_wrong_labels_make_it_lose_by_the_bar(config, home, wait, equal, write):
    wait(equal)
    write("2.csv", right=0.1)
    [said] = look(config).said
    assert re.search(r"on span 2 auc \(Overall\) is 0.[01]\d+, below 0.8$", said)


def test_a_champion_that_changes_meanwhile_is_won_against_anew(config, home, wait, equal, model, extras, write):
    wait(equal)
    write("2.csv")
    look(config)
    publish(home, save(Told(0.9), home.root / "third"), extras, Record("run-1"))
    assert look(config) == Contest(("the challenger has won span 2",), WAITS.format(1, " (2)", 2))
    rollback(home)
    assert look(config) == Contest((), WAITS.format(1, " (2)", 3))


def test_a_change_between_the_last_win_and_the_door_is_heard_of(config, home, wait, equal, extras, write):
    publish(home, save(Told(0.9), home.root / "third"), extras, Record("run-1"))
    wait(equal)
    write("2.csv")
    write("3.csv")

    def admit_late(folder, digest):
        rollback(home)
        admit(folder, digest)

    said = hold_contest(config, admit_late).said
    assert said[-1].startswith("the challenger waits on: What is in service has changed since")
    assert in_service(home).number == 3
    assert look(config).said[-1] == "version 4 is in service: as a challenger it won on span 2, 3 against version 3"


@pytest.mark.slow
@pytest.mark.parametrize("fatal", range(5))
def test_killed_anywhere_it_ends_the_same(config, home, wait, equal, write, monkeypatch, fatal):
    wait(equal)
    for span in (2, 3):
        write(f"{span}.csv")
    done = []

    def dying(real):
        def call(*arguments, **named):
            if len(done) == fatal:
                raise KeyboardInterrupt
            done.append(real)
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        for name in ("keep_event", "publish", "compare_on"):
            patch.setattr(contest, name, dying(getattr(contest, name)))
        with pytest.raises(KeyboardInterrupt):
            look(config)
    look(config)
    assert [line["number"] for line in history(home)] == [1, 2]
    end = find_newest(home).end
    assert (end["event"], end["version"]) == ("in_service", 2)
    assert end["won"] == "as a challenger it won on span 2, 3 against version 1"


def test_one_that_was_killed_once_it_had_lost_is_set_aside(config, home, wait, equal, write):
    wait(equal)
    lost = {"span": "2", "against": in_service(home).model_digest, "won": False, "missed": ["auc is low"]}
    keep_event(home, find_newest(home), "compared", **lost)
    assert look(config).said == ("the model of run run-2 was set aside as a challenger: on span 2 auc is low",)


def test_a_span_that_cannot_be_read_or_told_counts_for_nothing_and_holds_up_no_run(config, home, wait, equal, write):
    wait(equal)
    write("2.csv", labelled=False)
    assert look(config) == Contest(("the challenger could not be compared: the rows of span 2 do not tell auc",))
    write("3.csv")
    assert look(config) == Contest(("the challenger has won span 3",), WAITS.format(1, " (3)", 1))
    path = write("4.csv")
    with open(path, "a") as file:
        file.write("free,port,good,1\n")
    found = look(config)
    assert found.waits is None
    assert "the challenger could not be compared: span 4: " in found.said[0]
    assert "4.csv:1002:fare" in found.said[0]


def test_spans_that_either_was_trained_on_are_left_out(config, home, wait, equal, extras, write):
    wait(equal)
    leave_record(config, "run-7", portions={"3": {"digest": "d", "rows": 1000}})
    promote(home, save(Told(0.9), home.root / "third"), extras, Record("run-7", "on my word"))
    for span in (2, 3, 4):
        write(f"{span}.csv")
    assert look(config).said == ("the challenger has won span 4",)


def test_what_was_rolled_away_from_and_what_is_damaged_is_set_aside(config, home, wait, equal, extras):
    wait(equal)
    promote(home, equal, extras, Record("run-2", "it is urgent"))
    rollback(home, reason="it crashes")
    [said] = look(config).said
    assert "set aside as a challenger: it was in service, and was rolled away from by " in said


def test_a_damaged_one_is_set_aside(config, home, wait, equal):
    wait(equal)
    (home.challenger.serving / "1" / "saved_model.pb").write_text("bad")
    [said] = look(config).said
    assert said.endswith("version 1 is damaged: its files are not those that were published")


def test_what_is_not_known_of_its_run_is_said(config, home, wait, equal, write):
    wait(equal)
    write("2.csv")
    (home.run("run-2") / "run.json").unlink()
    found = look(config)
    assert found.waits is None
    assert found.said[0].startswith("the challenger could not be compared: run-2: its run, which tells what")


def test_one_that_a_person_promoted_has_ended(config, home, wait, equal, extras):
    wait(equal)
    promote(home, equal, extras, Record("run-2", "it is urgent"))
    assert look(config) == Contest()
    assert find_newest(home).end == {**find_newest(home).end, "event": "in_service", "version": 2, "won": ""}


def test_without_the_key_nothing_is_looked_at(config, home, wait, equal, write):
    wait(equal)
    write("2.csv")
    evaluation = config.evaluation.model_copy(update={"shadow": None})
    assert look(config.model_copy(update={"evaluation": evaluation})) == Contest()
    assert find_newest(home).events == []
