"""The page of techniques has a row for each key, and each of its lines of YAML is one that the schema takes."""

import re

import pytest
from ruamel.yaml import YAML

from configs.repository import ROOT
from configs.schema.config import Config
from configs.schema.evaluation import METRICS
from configs.schema.models import Linear
from configs.schema.training import FITTING, LOSSES, Loss, Optimizer, Training

PAGE = (ROOT / "docs" / "techniques.md").read_text(encoding="utf-8")
LINES = re.findall(r"`((?:training|model): \{.*?\})`(?: \|| a linear)", PAGE)

READ = {"photo": {"kind": "image", "height": 8, "width": 8}, "review": {"kind": "text"}}  # by encoders


def read(line):
    return YAML(typ="safe", pure=True).load(line)


def kind_of(given):
    """The kind of label that a line is for."""
    loss = given.get("training", {}).get("loss", {}).get("name")
    return "regression" if loss in LOSSES["regression"] else "binary"


def quantiles_of(given):
    """Those of the label that a line is for."""
    return given.get("training", {}).get("loss", {}).get("quantiles")


@pytest.mark.parametrize("line", LINES)
def test_every_line_is_a_config(line):
    given = read(line)
    kind = kind_of(given)
    config = {
        "name": "page",
        "data": {"format": "csv", "path": "rows-{SPAN}.csv"},
        "label": {"name": "label", "kind": kind, "quantiles": quantiles_of(given)},
        "features": {"number": {"kind": "numeric"}} | (READ if "encoders" in given.get("model", {}) else {}),
        "model": {"family": "linear"},
        "training": {},
        "evaluation": {"thresholds": {METRICS[kind][0]: {"min": 0.0}}},
    }
    Config.model_validate(config | given)


@pytest.mark.parametrize(("section", "keys"), [("training", Training), ("optimizer", Optimizer), ("loss", Loss)])
def test_every_key_has_a_row(section, keys):
    shown = [read(line) for line in LINES]
    inner = [each.get("training", {}) for each in shown]
    found = inner if section == "training" else [each.get(section, {}) for each in inner]
    assert {key for each in found for key in each} == set(keys.model_fields)


def test_every_penalty_has_a_row():
    shown = {key for line in LINES for key in read(line).get("model", {})}
    assert {"l1", "l2", "dropout"} <= shown
    assert {"l1", "l2"} <= set(Linear.model_fields)


@pytest.mark.parametrize("kind", METRICS)
def test_the_table_of_metrics_is_the_schemas(kind):
    assert f"| {kind} | {', '.join(FITTING[kind])} | {', '.join(METRICS[kind])} |" in PAGE
