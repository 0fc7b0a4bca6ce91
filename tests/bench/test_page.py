from xml.etree import ElementTree

import pytest

from bench.page import PAGE, PICTURE, SHOWN, choose_tick, draw, picture, tabulate
from bench.summary import summarise
from tests.bench.records import CURRENT, MEASURED, RECORDS

RUNS = summarise([item for item in RECORDS if item["rows"]])
SVG = "{http://www.w3.org/2000/svg}"


def test_the_page_states_aims_figures_and_growth(tmp_path):
    draw(tmp_path, MEASURED)
    lines = (tmp_path / PAGE).read_text().splitlines()
    assert (
        "| 5 times less CPU than TFX's example at 110,000 rows | 4.0 times: 40.0 s against 160.0 s | **no** |" in lines
    )
    assert "| 10,000 | Millrace | 30.0 | 30.0 | 1,001 | 0.9500 | – | 0.2 |" in lines
    assert "| ExampleGen | 16.0 +40.0 | 0.4 +6.0 | -0.1 +0.5 |  |  |" in lines
    assert "| total | 83.0 +70.0 | 29.0 +10.0 | 0.5 +0.5 |  |  |" in lines
    assert "| TFX's example | 8.0 | 8.0 | 1,001 |" in lines
    assert "A chip, 2 cores, 8 GiB of memory; load average 0.1 when it began." in lines
    assert "| linear | `line.yaml` | 32 | 70.0 | 100.0 | 0.90 | yes |" in lines
    assert "| cnn | `digits_cnn.yaml` | 64 | 15.0 | 20.0 | 0.75 | **no** |" in lines
    assert "| 857 | 5.0 | 6.0 | 4.0 | 7.0 | 30.0 | 40.2 | 1,200 |" in lines
    assert lines[lines.index("| 857 | 5.0 | 6.0 | 4.0 | 7.0 | 30.0 | 40.2 | 1,200 |") + 2].endswith(
        "StatisticsGen 5.5 (10), Transform 6.5 (15), Trainer 4.5 (30), LoadCheck 12.5 (10)."
    )
    assert "| 1,000,000 | 1 | direct, one worker | 9.5 | 20.0 | 58.0 | 1,100 |  |" in lines
    assert "| 1,000,000 | 1 | portable, a worker a job | 12.0 | 20.0 | 70.0 | 900 | 800 |" in lines
    assert (tmp_path / PICTURE.format("current")).exists()


def test_the_current_stack_comes_first(tmp_path):
    draw(tmp_path, MEASURED)
    headings = [line for line in (tmp_path / PAGE).read_text().splitlines() if line.startswith("## ")]
    assert headings[:2] == ["## The current stack", "## The long-lived stack"]


def test_what_was_not_measured_has_no_table(tmp_path):
    draw(tmp_path, {"current": CURRENT})
    text = (tmp_path / PAGE).read_text()
    titles = ("by family", "Wide data", "Many rows", "How it grows", "long-lived")
    assert [title in text for title in titles] == [False] * 5


def test_components_keep_their_order_and_the_total_is_last():
    parts = list(tabulate(RUNS))
    assert parts[0] == SHOWN[0]
    assert parts[-1] == "total"


def test_bars_are_as_long_as_what_was_used():
    root = ElementTree.fromstring(picture(RUNS))
    widths = {}
    for piece in root.iter(f"{SVG}rect"):
        if (title := piece.find(f"{SVG}title")) is not None:
            widths.setdefault(title.text, float(piece.get("width")))
    assert widths["ExampleGen: 60.0 s"] / widths["ExampleGen: 20.0 s"] == pytest.approx(3, abs=0.01)
    assert widths["other nodes: 6.0 s"] / widths["Trainer: 10.0 s"] == pytest.approx(0.6, abs=0.01)
    assert {"90.0", "30.0", "0.5", "160.0", "40.0", "1.0"} <= {text.text for text in root.iter(f"{SVG}text")}


def test_the_axis_has_ten_parts_at_most():
    assert [choose_tick(seconds) for seconds in (7, 90, 160, 1100)] == [1, 10, 20, 200]
