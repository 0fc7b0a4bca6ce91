"""Every YAML that ships: it says how to run it and what to expect, its data is sound, and it reaches what it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from components.validation import column_patterns, validate
from configs.home import Home
from configs.loading.loader import load
from configs.repository import ROOT
from configs.schema.evaluation import METRICS
from tests.browser import look, opened

SHIPPED = sorted((ROOT / "configs").glob("*.yaml"))
HEADER = re.compile(
    r"# millrace run configs/(.+)\.yaml\n"
    r"# takes .+ on two cores without a GPU; expect (\w+) [\d.]+ on the test split\n"
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_config_says_how_to_run_it_and_what_to_expect(path: Path) -> None:
    name, metric = HEADER.match(path.read_text(encoding="utf-8")).groups()
    config = load(path)
    assert (name, config.name) == (path.stem, path.stem)
    assert metric in METRICS[config.label.kind]
    assert metric in config.evaluation.thresholds


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_data_of_a_config_has_all_that_it_names(path: Path) -> None:
    validate.check_small(column_patterns.resolve(load(path)))


@pytest.mark.full
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_config_reaches_its_reference(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines", "run", str(path), "--set", f"storage.root={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    home = Home(tmp_path / load(path).name)
    assert (home.serving / "1" / "saved_model.pb").is_file()
    [page] = home.runs.glob("*/report.html")
    with opened() as browser:
        look(browser, page, path.stem)
