import json
from types import SimpleNamespace

import pytest
from tfx.types import standard_artifacts

from components.registry.model_registry import Record
from components.registry.tree_digest import DIGEST
from components.trainer import find_base, find_place, find_teacher, identify, summarise
from configs.errors import MillraceError
from configs.home import Home
from configs.schema.training import Teacher
from tests.fakes.models import publish
from trainer.run_fn import FACTS, HISTORY, LINEAGE


def serve(home, folder, graph, **lineage):
    """Publishes a model, which says what it was trained from."""
    folder.mkdir()
    (folder / "saved_model.pb").write_text(graph)
    told = folder.with_suffix(".json")
    told.write_text(json.dumps(lineage))
    return publish(home, folder, {LINEAGE: told}, Record("run-1")).version


@pytest.fixture
def run(tmp_path):
    artifact = standard_artifacts.ModelRun()
    artifact.uri = str(tmp_path)
    (tmp_path / HISTORY).write_text(json.dumps({"loss": [0.9, 0.5], "val_loss": [0.6, 0.7]}))
    return artifact


@pytest.mark.parametrize(
    ("facts", "more"),
    [
        ({}, ""),
        ({"base": 3}, ", from version 3 on"),
        ({"teacher": "version 2 of large"}, ", taught by version 2 of large"),
        ({"privacy": {"epsilon": 1.999, "delta": 8.3e-5}}, ", epsilon 2 at delta 8.3e-05"),
        ({"federated": {"clients": 5, "chosen": 3}}, ", the mean of 3 of 5 clients in each"),
        ({"begun": 1200}, ", gone on with from step 1,200"),
        ({"refit": 1500}, ", then trained anew on all 1,500 rows"),
        ({"refit": 150, "origins": 3}, ", the mean of 3 origins, then trained anew on all 150 rows"),
        ({"refit": 150, "folds": 5}, ", the mean of 5 folds, then trained anew on all 150 rows"),
    ],
)
def test_the_summary_says_where_a_training_got_to_and_from_where(run, tmp_path, facts, more):
    plain = {"base": None, "begun": 0, "refit": 0, "unit": "epoch"}
    (tmp_path / FACTS).write_text(json.dumps(plain | facts))
    summary = summarise({"model_run": [run]})
    assert summary.text == "2 epochs, loss 0.5, best eval loss 0.6" + more
    assert summary.details["history"]["loss"] == [0.9, 0.5]


def test_trees_are_counted_by_iterations(run, tmp_path):
    (tmp_path / FACTS).write_text(json.dumps({"base": None, "begun": 0, "refit": 0, "unit": "iteration"}))
    assert summarise({"model_run": [run]}).text == "2 iterations, loss 0.5, best eval loss 0.6"


def test_a_state_has_its_place_by_what_its_training_depends_on(tmp_path):
    home = Home(tmp_path)
    places = [
        find_place(home, parts, SimpleNamespace(extra_flags=flags))
        for parts, flags in [
            (["a"], ["--code=1", "--more"]),
            (["a"], ["--code=1"]),
            (["a"], ["--code=2"]),
            (["b"], ["--code=1"]),
            (["a"], None),
        ]
    ]
    assert places[0] == places[1]
    assert len(set(places)) == 4
    assert {place.parent for place in places} == {home.checkpoints}


def test_the_same_settings_on_other_data_are_another_origin():
    one, alike, other = (standard_artifacts.Examples() for _ in range(3))
    for artifact, digest in ((one, "a"), (alike, "a"), (other, "b")):
        artifact.set_string_custom_property(DIGEST, digest)
    assert identify({"examples": [one]}, "{}") == identify({"examples": [alike]}, "{}")
    assert identify({"examples": [one]}, "{}") != identify({"examples": [other]}, "{}")
    assert identify({"examples": [one]}, "{}") != identify({"examples": [one]}, '{"seed": 1}')


def test_a_warm_start_begins_with_what_is_in_service_unless_that_came_of_the_same(tmp_path):
    home = Home(tmp_path / "trips")
    assert find_base(home, "now") is None
    first = serve(home, tmp_path / "1", "one", origin="then", base_digest="")
    assert find_base(home, "now") == first
    second = serve(home, tmp_path / "2", "two", origin="now", base_digest=first.model_digest)
    assert find_base(home, "now") == first
    assert find_base(home, "later") == second


def test_a_teacher_is_a_version_of_this_pipeline_or_of_another(tmp_path):
    home, large = Home(tmp_path / "trips"), Home(tmp_path / "large")
    first, second = (serve(large, tmp_path / name, name, origin="", base_digest="") for name in ("1", "2"))
    assert find_teacher(home, Teacher(pipeline="large")) == second
    assert find_teacher(home, Teacher(pipeline="large", version=1)) == first
    assert find_teacher(large, Teacher(version=1)) == first
    with pytest.raises(MillraceError, match="trips has not published version 3, which is to teach"):
        find_teacher(home, Teacher(version=3))
    with pytest.raises(MillraceError, match="other has not published any version") as told:
        find_teacher(home, Teacher(pipeline="other"))
    assert told.value.where == str(tmp_path / "other" / "serving")
