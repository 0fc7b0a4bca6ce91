"""The page of a run, in a real browser: quiet, alone, true to the artifacts, and it does what its controls say."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.reporting import html_report
from pipelines.reporting.run_index import read_entry, render
from pipelines.runs.run import Run
from tests.browser import look, opened, visited
from tests.pipelines.reporting.test_html_report import wide
from tests.sandbox import Sandbox

TAXI = load(ROOT / "configs" / "taxi.yaml")
EVIL = "<script>alert(1)</script>"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened() as found:
        yield found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a made-up run of 50 columns, one of whose names is a script, with a curve of thresholds."""
    whole = wide(50)
    details = {item["node"]: item["details"] for item in whole["nodes"]}
    columns = details["StatisticsGen"]["columns"]
    columns[EVIL] = {**columns.pop("column_7"), "mean": -5.0}
    roc = [[0.9, 0.0, 0.2], [0.51, 0.2, 0.8], [0, 1, 1]]
    details["Evaluator"] |= {"confusion": [[8.0, 2.0], [1.0, 4.0]], "roc": roc}
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html_report.render(whole, TAXI), encoding="utf-8")
    return path


def find_run(sandbox: Sandbox) -> Run:
    [record] = sandbox.home.runs.glob("*/run.json")
    return Run(sandbox.home, record.parent.name)


def test_a_run_s_page_shows_what_its_artifacts_hold(browser: Browser, published: Sandbox) -> None:
    run = find_run(published)
    outcomes = {file.stem: json.loads(file.read_text()) for file in run.outcomes.glob("*.json")}
    [evaluation] = outcomes["Evaluator"]["outputs"]["evaluation"]
    measured = json.loads((run.home.root / evaluation / "measured.json").read_text())["metrics"]
    overall = {item["metric"]: f"{item['candidate']:.4f}" for item in measured if item["slice"] == "Overall"}
    with visited(browser, run.report) as visit:
        shown = {row[0]: row[1].split()[0] for row in visit.read_table("Metrics")[1:]}  # then its interval
        costs = visit.read_table("Cost and lineage")
        sections = visit.page.locator("h2").all_inner_texts()
        artifacts = visit.page.locator("details", has_text="artifacts").locator("tbody tr")
        assert (visit.said, visit.asked) == ([], [])
        assert shown == {name: value for name, value in overall.items() if name != "example_count"}
        assert {row[0] for row in costs[1:-1]} == outcomes.keys()
        assert artifacts.count() == sum(len(uris) for found in outcomes.values() for uris in found["outputs"].values())
    told = ("Verdict", "Nodes", "Metrics", "Confusion matrix", "Threshold", "Training", "Data", "Cost", "Model card")
    assert [name for name in told if not any(section.startswith(name) for section in sections)] == []


def test_a_name_that_is_a_script_is_a_text(browser: Browser, page: Path) -> None:
    with visited(browser, page) as visit:
        assert visit.page.get_by_role("cell", name=EVIL).is_visible()
        assert (visit.said, visit.asked) == ([], [])


def test_a_press_on_a_head_sorts_and_a_word_searches(browser: Browser, page: Path) -> None:
    with visited(browser, page) as visit:
        data = visit.page.locator("section", has=visit.page.get_by_role("heading", name="Data", exact=True))
        names = data.locator("table.sortable tbody tr td:first-child")
        head = data.locator("th", has_text="mean").get_by_role("button")
        head.click()
        assert names.first.inner_text() == EVIL
        head.press("Enter")  # by the keyboard, the other way round
        assert names.last.inner_text() == EVIL
        visit.page.get_by_label("Search columns").fill("column_1")
        shown = data.locator("table.sortable tbody tr:visible td:first-child").all_inner_texts()
        assert sorted(shown) == sorted(f"column_{number}" for number in range(50) if str(number).startswith("1"))


def test_the_slider_shows_what_another_threshold_does(browser: Browser, page: Path) -> None:
    with visited(browser, page) as visit:
        told = visit.page.locator("td[data-of=true_positives]")
        assert told.inner_text() == "4"
        slider = visit.page.get_by_label("Threshold")
        slider.press("ArrowLeft")
        assert told.inner_text() == "1"
        slider.press("End")
        assert told.inner_text() == "5"


def test_fifty_columns_are_painted_within_a_second(browser: Browser, page: Path) -> None:
    with visited(browser, page) as visit:
        painted = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        begun = time.monotonic()
        while not visit.page.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
            assert time.monotonic() - begun < 10
        assert visit.page.evaluate(painted) < 3000  # milliseconds; one second where nothing else is at work


def test_the_card_prints_on_two_pages(browser: Browser, page: Path) -> None:
    with visited(browser, page) as visit:
        visit.page.evaluate("window.print = () => { window.printed = document.body.className }")
        visit.page.get_by_role("button", name="Print this card").click()
        assert visit.page.evaluate("[window.printed, document.body.className]") == ["card", ""]
        visit.page.evaluate("document.body.classList.add('card')")
        printed = visit.page.pdf(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2


def test_the_index_is_quiet_and_leads_to_the_page(browser: Browser, published: Sandbox, tmp_path: Path) -> None:
    run, index = find_run(published), tmp_path / "index.html"
    index.write_text(render([read_entry(run.home, run.home.root.parent)]), encoding="utf-8")
    with visited(browser, index) as visit:
        assert visit.page.get_by_role("link", name=run.id).get_attribute("href") == f"trips/runs/{run.id}/report.html"
        assert (visit.said, visit.asked) == ([], [])


def test_the_command_line_says_where_each_page_lies(sandbox: Sandbox) -> None:
    run = find_run(sandbox)
    compared = run.folder / f"compared-with-{run.id}.html"
    assert sandbox.millrace("report").stdout.strip() == str(run.report)
    assert sandbox.millrace("report", "--compare", run.id, run.id).stdout.strip() == str(compared)
    assert sandbox.millrace("report", "--index").stdout.strip() == str(run.home.root.parent / "index.html")
    assert "The same." in compared.read_text(encoding="utf-8")
    assert sandbox.millrace("report", "none").code == 2


@pytest.mark.full
def test_the_page_is_legible_at_all_widths_in_both_themes(browser: Browser, page: Path) -> None:
    look(browser, page, "fifty")


def test_a_page_of_a_run_of_today_has_all_its_figures_as_data(published: Sandbox) -> None:
    run = find_run(published)
    figures = json.loads(run.figures.read_text())
    assert figures["run"] == run.id
    assert run.card.read_text() == (run.home.serving / "1" / "assets.extra" / "model_card.md").read_text().replace(
        "millrace run assets.extra/config.json", figures["card"]["again"]
    )
