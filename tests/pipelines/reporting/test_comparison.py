"""What changed since the version in service is told by what that version carries, and by the run that made it."""

import json
import shutil

import pytest

from components.registry.model_registry import Record
from configs.home import Home
from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.reporting.comparison import Change, compare, diff
from pipelines.runs.run import Run
from tests.fakes.models import publish

TAXI = ROOT / "configs" / "taxi.yaml"


def record(run, rows, version=None, **changes):
    nodes = [
        {"node": "ExampleGen", "details": {"rows": rows}},
        {"node": "Resolver", "details": {"version": version} if version else {}},
    ]
    made_of = {"config": "1", "code": "1", "packages": "1"}
    return {"run": run, "nodes": nodes, "made_of": made_of, "in_service": 1, "published": None, **changes}


@pytest.fixture
def home(tmp_path):
    """A home with version 1 in service, which run-1 made."""
    home, model, config = Home(tmp_path / "taxi"), tmp_path / "model", tmp_path / "config.json"
    model.mkdir()
    (model / "saved_model.pb").write_text("graph")
    config.write_text(load(TAXI).model_dump_json(include={"name", "model", "training"}))
    publish(home, model, {"config.json": config}, Record("run-1"))
    Run(home, "run-1").folder.mkdir(parents=True)
    Run(home, "run-1").record.write_text(json.dumps(record("run-1", {"train": 100, "test": 10})))
    return home


def test_config_rows_and_code(home):
    now = record(
        "run-2", {"train": 150, "test": 10}, 1, made_of={"code": "2", "packages": "1"}, published=2, in_service=2
    )
    found = compare(now, Run(home, "run-2"), load(TAXI, ["training.epochs=9", "evaluation.thresholds.auc.min=0.5"]))
    assert (found.version, found.run) == (1, "run-1")
    assert found.config == [Change("training.epochs", 5, 9)]
    assert found.rows == [Change("train", 100, 150), Change("test", 10, 10)]
    assert found.made_of == {"Code": False, "Packages": True}


def test_a_run_that_never_came_to_the_resolver_is_held_against_what_is_in_service(home):
    found = compare(record("run-2", {}), Run(home, "run-2"), load(TAXI))
    assert (found.version, found.config, found.rows) == (1, [], [])


def test_without_the_run_that_made_it_the_config_is_known_still(home):
    shutil.rmtree(Run(home, "run-1").folder)
    found = compare(record("run-2", {"train": 9}), Run(home, "run-2"), load(TAXI, ["training.epochs=9"]))
    assert (len(found.config), found.rows, found.made_of) == (1, [], {})


def test_the_first_version_has_none_before_it(home):
    assert compare(record("run-1", {}, published=1), Run(home, "run-1"), load(TAXI)) is None
    assert compare(record("run-1", {}, in_service=None), Run(home, "run-1"), load(TAXI)) is None


def test_a_version_without_its_config_is_not_compared(home):
    (home.serving / "1" / "assets.extra" / "config.json").unlink()
    assert compare(record("run-2", {}), Run(home, "run-2"), load(TAXI)) is None


def test_keys_are_dotted_and_lists_are_one_value():
    before = {"model": {"family": "dnn", "units": [8]}, "gate": None, "seed": 1}
    now = {"model": {"family": "dnn", "units": [8, 4]}, "gate": {"drift": 0.1}, "epochs": 3}
    assert diff(before, now) == [
        Change("model.units", [8], [8, 4]),
        Change("gate", None, {"drift": 0.1}),
        Change("seed", 1, None),
        Change("epochs", None, 3),
    ]
