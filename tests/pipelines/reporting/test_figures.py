"""What the page shows is in report.json, by the keys that docs/report.md tells."""

import json
import re

from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.reporting.figures import write_figures
from pipelines.reporting.html_report import gather
from tests.pipelines.reporting.test_html_report import prepared, published, record, wide

TAXI = load(ROOT / "configs" / "taxi.yaml")


def read(whole):
    return json.loads(write_figures(gather(whole, TAXI)))


def test_the_figures_are_those_of_the_record():
    figures = read(published())
    assert (figures["schema"], figures["pipeline"], figures["run"]) == (1, "taxi", "20261122-105323-0aa01b2c")
    [judged] = [item for item in figures["judged"] if item["metric"] == "auc"]
    assert (judged["candidate"], judged["baseline"], judged["passed"]) == (0.9492, 0.94, True)
    assert figures["history"]["val_auc"] == [0.93, 0.95]
    assert figures["rows"] == {"train": 12044, "eval": 1513, "test": 1445}
    assert figures["groups"][0]["slices"]["10"]["auc"]["candidate"] == 0.9169
    assert figures["card"]["metrics"][0]["metric"] == "auc"
    assert figures["lineage"]["total"]["seconds"] == 1.25 * len(published()["nodes"])


def test_what_is_no_number_is_null():
    assert read(published())["groups"][0]["slices"]["2"]["log_loss"]["candidate"] is None


def test_a_run_that_judged_nothing_has_figures_too():
    figures = read(record(prepared()[:1]))
    assert (figures["judged"], figures["card"], figures["rows"]["train"]) == ([], None, 12044)


def test_each_key_is_documented():
    page = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    _, _, table = page.partition("## The figures as data")
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == read(wide(2)).keys()
