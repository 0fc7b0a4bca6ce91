"""Two runs side by side: what they reached, how they trained, and what was different about them."""

import pytest

from configs.errors import ConfigError
from configs.home import Home
from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.reporting.run_comparison import (
    compare_columns,
    compare_configs,
    overlay,
    pair_up,
    read_side,
    render,
    write_comparison,
)
from pipelines.runs.run import Run
from tests.pipelines.reporting.test_html_report import Page, evaluated, prepared, record, trained

TAXI = ROOT / "configs" / "taxi.yaml"
FIRST, SECOND = load(TAXI), load(TAXI, ["training.epochs=9", "storage.metadata=mysql://a:secret@b:1/c"])


def side(*nodes, **known):
    return read_side(record([*nodes], **known))


def test_figures_are_paired_by_name():
    pairs = pair_up({"auc": 0.5, "old": 1.0}, {"auc": 0.75, "new": 2.0})
    assert [(pair.name, pair.values, pair.difference) for pair in pairs] == [
        ("auc", (0.5, 0.75), 0.25),
        ("old", (1.0, None), None),
        ("new", (None, 2.0), None),
    ]


def test_curves_of_unequal_length_lie_over_one_another():
    longer = trained()
    longer[-1]["details"] = {"history": {"loss": [3, 2, 1], "val_loss": [3.0, 2.0, 1.0]}}
    [chart] = overlay(side(*trained()), side(*longer))
    assert (chart.x_title, chart.y_title) == ("epoch", "loss, eval")
    assert [(series.name, len(series.dots)) for series in chart.series] == [("first", 2), ("second", 3)]


def test_keys_that_differ_are_told_and_no_password():
    assert [(change.key, change.before, change.now) for change in compare_configs(FIRST, SECOND)] == [
        ("training.epochs", 5, 9)
    ]


def test_columns_that_differ_are_told_with_what_differs():
    other = prepared()
    statistics = next(node for node in other if node["node"] == "StatisticsGen")
    columns = statistics["details"]["columns"]
    statistics["details"]["columns"] = {**columns, "fare": {**columns["fare"], "mean": 12.0}}
    found = compare_columns(side(*prepared()), side(*other))
    assert [(name, [pair.name for pair in pairs]) for name, pairs in found.items()] == [("fare", ["mean"])]


def test_the_page_shows_both():
    judged = evaluated()
    judged["details"]["overall"] = {"auc": 0.9592, "example_count": 9.0}
    first = evaluated()
    first["details"]["overall"] = {"auc": 0.9492, "example_count": 9.0}
    sides = [side(*prepared(), *trained(), first), side(*prepared(), *trained(), judged, run="later")]
    for item in judged["details"]["metrics"]:
        item["interval"] = [0.9375, 0.96875]
    text = Page(render(sides, [FIRST, SECOND])).text
    assert "metric first second difference auc 0.9492 0.9592 0.9375 to 0.9688 +0.0100 Training" in text
    assert "second later, 2026-11-22 10:54:49 UTC" in text
    assert "key first second training.epochs 5 9 Data" in text
    assert "rows first second difference train 12,044 12,044 +0" in text
    assert "No column differs" in text
    assert "secret" not in text


def test_a_run_that_has_not_ended_is_refused(tmp_path):
    home = Home(tmp_path)
    with pytest.raises(ConfigError, match="There is no run a that has ended"):
        write_comparison(Run(home, "a"), Run(home, "b"))
