"""What a run left, as the verbs of the schema look for it."""

import json
from pathlib import Path

import pytest

from configs.errors import ConfigError, MillraceError
from configs.home import Home
from configs.loading.loader import load
from pipelines.onboarding.run_outputs import find_output, locate_schema
from pipelines.runs.directory import write_file
from pipelines.runs.run import Run
from tests.sandbox import ROOT


def end(home: Home, run_id: str, folder: Path | None) -> None:
    run = Run(home, run_id)
    run.folder.mkdir(parents=True)
    outputs = {"statistics": [str(folder)]} if folder else {}
    nodes = [{"node": "StatisticsGen", "outputs": outputs}]
    record = {"run": run_id, "ended": run_id, "exit_code": 3, "nodes": nodes}
    write_file(run.record, json.dumps(record))


def test_the_newest_run_that_came_so_far_is_looked_at(tmp_path):
    home = Home(tmp_path)
    with pytest.raises(ConfigError, match="no run has come to StatisticsGen yet"):
        find_output(home, "StatisticsGen")
    end(home, "1", tmp_path)
    end(home, "2", tmp_path)
    end(home, "3", None)
    assert find_output(home, "StatisticsGen") == ("2", tmp_path)
    assert find_output(home, "StatisticsGen", "1") == ("1", tmp_path)
    with pytest.raises(ConfigError, match="run 3 did not come to StatisticsGen"):
        find_output(home, "StatisticsGen", "3")


def test_artifacts_that_were_cleaned_away_are_said_to_be_gone(tmp_path):
    end(Home(tmp_path), "1", tmp_path / "cleaned")
    with pytest.raises(MillraceError, match="what StatisticsGen left in run 1 is gone"):
        find_output(Home(tmp_path), "StatisticsGen")


def test_the_schema_in_force_is_the_curated_one_where_there_is_one(tmp_path):
    config = load(
        ROOT / "configs" / "line.yaml", [f"storage.root={tmp_path}", f"data.schema_file={tmp_path}/line.pbtxt"]
    )
    assert locate_schema(config) == (tmp_path / "line.pbtxt", f"curated in {tmp_path}/line.pbtxt")
