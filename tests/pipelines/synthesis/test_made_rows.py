"""Made rows, from the verb to the file and what is said of it."""

import json

import pytest

from configs.errors import ConfigError
from configs.home import Home
from pipelines.reporting.console import open_console
from pipelines.synthesis.account import Worth
from pipelines.synthesis.made_rows import Made, make_rows, tell
from tests.sandbox import Sandbox

WORTH = Worth("auc", {"linear": 0.93}, {"linear": 0.95}, 0.9, 2.5, 2.0, 0.0, 0.001)


def test_a_file_of_another_kind_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(ConfigError, match=r"made\.xlsx: a file of rows ends with \.csv or \.parquet"):
        make_rows(Home(tmp_path), 5, tmp_path / "made.xlsx", ["copula"], 0)


def test_the_methods_stand_beside_each_other_and_beside_real_rows():
    console = open_console()
    console.width = 120
    with console.capture() as shown:
        console.print(tell(Made(5000, "made.csv", 3, 12044, {"copula": WORTH, "gan": WORTH})))
    head, *lines = shown.get().splitlines()
    assert head.rstrip() == "5,000 rows in made.csv, by copula, after the 12,044 that version 3 learnt from"
    cells = [line.split() for line in lines]
    assert cells[0] == ["copula", "gan", "real", "rows"]
    assert cells[1][-3:] == ["0.9300", "0.9300", "0.9500"]
    assert cells[3][-3:] == ["2.5000", "2.5000", "2.0000"]
    assert cells[4][-3:] == ["0.00%", "0.00%", "0.10%"]


@pytest.mark.slow
def test_made_rows_are_scored_as_real_ones_are(published: Sandbox, tmp_path):
    made, again, scored = (tmp_path / name for name in ("made.csv", "again.csv", "scored.csv"))
    told = published.millrace("synthesize", "--rows", "300", "-o", str(made), "--output", "json").record
    kept = json.loads(made.with_suffix(".json").read_text())
    assert told == kept
    assert (told["rows"], told["version"]) == (300, 1)
    [worth] = told["methods"].values()
    assert 0.6 < worth["learnt"]["linear"] <= worth["real"]["linear"] + 0.02
    assert published.millrace("predict", "--input", str(made), "--output", str(scored)).code == 0
    assert len(scored.read_text().splitlines()) == 301
    published.millrace("synthesize", "--rows", "300", "-o", str(again))
    assert again.read_text() == made.read_text()
