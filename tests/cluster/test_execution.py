"""A compiled file does in a cluster what `millrace run` does here, unmodified and whatever happens to its steps."""

import pytest

from components.registry.versions import intact
from tests.cluster.conftest import Cluster, Run

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

NOISE = 0.01  # of auc, from one training to another


def test_publishes_what_a_local_run_publishes(first: Run, local: Run) -> None:
    assert first.succeeded
    assert (first.record["exit_code"], first.record["published"]) == (0, 1)
    versions = [run.folder.parents[1] / "serving" / "1" for run in (first, local)]
    layouts = [sorted(str(path.relative_to(version)) for path in version.rglob("*")) for version in versions]
    assert "saved_model.pb" in layouts[0]
    assert layouts[0] == layouts[1]
    there, here = (run.node("Evaluator")["details"]["overall"] for run in (first, local))
    assert there.keys() == here.keys()
    assert there["auc"] == pytest.approx(here["auc"], abs=NOISE)


def test_takes_the_span_that_a_local_run_takes(first: Run, local: Run) -> None:
    assert first.node("ExampleGen")["details"]["spans"] == [2]
    assert first.node("ExampleGen")["details"] == local.node("ExampleGen")["details"]


def test_a_step_that_was_killed_goes_on_when_it_is_tried_again(first: Run, cluster: Cluster) -> None:
    odd = {name: ending.codes for name, ending in first.endings.items() if ending.codes != [0]}
    assert odd == {"trainer": [cluster.backend.killed, 0]}
    assert first.waits == (30.0,)
    assert first.node("Trainer")["details"]["begun"] >= 20
    assert list(cluster.home.checkpoints.iterdir()) == []


def test_kubeflow_is_shown_a_page_and_the_figures(first: Run, cluster: Cluster) -> None:
    [metrics] = first.endings["finish"].outputs["metrics"]["artifacts"]
    assert metrics["metadata"] == first.node("Evaluator")["details"]["overall"]
    [page] = (cluster.folder / "scratch" / first.folder.name).rglob("summary")
    assert "<html" in page.read_text() and "version 1 published" in page.read_text()


def test_an_equal_run_is_served_from_the_cache(first: Run, cluster: Cluster) -> None:
    again = cluster.run()
    assert again.succeeded
    assert set(again.states.values()) == {"cached"}
    assert (again.record["exit_code"], again.record["published"]) == (0, None)
    assert again.node("Pusher")["text"] == "nothing new: version 1 is this model"


def test_a_run_whose_trainer_fails_for_good_is_ended_and_publishes_nothing(first: Run, cluster: Cluster) -> None:
    failed = cluster.run("training.optimizer.learning_rate=1e9")
    assert not failed.succeeded
    codes = {name: ending.codes for name, ending in failed.endings.items()}
    assert codes["example-gen-to-transform"] == [0]
    assert codes["trainer"] == [1, 1, 1]
    assert [name for name, tries in codes.items() if not tries] == ["resolver-to-pusher"]
    assert (codes["finish"], failed.record["exit_code"]) == ([0], 1)
    assert (failed.states["Trainer"], failed.states["Pusher"]) == ("failed", "not run")
    assert "learning_rate" in str(failed.record["error"])
    assert (failed.record["published"], failed.record["in_service"]) == (None, 1)
    version = intact(cluster.home)
    assert version and version.number == 1
