"""The card of a run's model is made of its record."""

from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.reporting.card import read_card

CONFIG = load(ROOT / "configs" / "taxi.yaml")
METRIC = {"slice": "Overall", "metric": "auc", "candidate": 0.95, "baseline": 0.94}
NODES = [
    {"node": "ExampleGen", "details": {"rows": {"train": 8}}},
    {"node": "Evaluator", "details": {"metrics": [METRIC]}},
]


def test_a_model_that_was_judged_has_a_card():
    card = read_card({"nodes": NODES, "run": "r1", "folder": "/m/runs/r1"}, CONFIG)
    assert (card.run, card.again) == ("r1", "millrace run /m/runs/r1/config.json --no-cache")
    assert [(item.candidate, item.baseline) for item in card.metrics] == [(0.95, 0.94)]
    assert card.facts["data"].endswith("rows: 8 train")


def test_a_run_that_judged_nothing_has_none():
    assert read_card({"nodes": NODES[:1], "run": "r1", "folder": "/m/runs/r1"}, CONFIG) is None
