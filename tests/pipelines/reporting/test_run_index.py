"""One page of all pipelines: what is in service, and how it went from run to run."""

import json

import pytest

from configs.errors import ConfigError
from configs.home import Home
from pipelines.reporting.run_index import list_homes, read_entry, write_index
from pipelines.runs.run import Run
from tests.pipelines.reporting.test_html_report import Page, evaluated, prepared, record


def leave(workspace, pipeline, number, **known):
    """A run as it lies in the workspace."""
    run = Run(Home(workspace / pipeline), f"r{number}")
    run.folder.mkdir(parents=True)
    judged = evaluated()
    judged["details"]["overall"] = {"auc": 0.9 + number / 100}
    run.record.write_text(json.dumps(record([*prepared(), judged], run=run.id, number=number, **known)))
    run.report.touch()
    return run


def test_a_pipeline_is_told_by_its_runs_the_newest_first(tmp_path):
    for number in (1, 2):
        leave(tmp_path, "taxi", number, started="2026-11-22T10:00:00+00:00", ended=f"2026-11-22T10:0{number}:00+00:00")
    entry = read_entry(Home(tmp_path / "taxi"), tmp_path)
    assert [(line.run, line.figure, line.rows, line.seconds) for line in entry.lines] == [
        ("r2", 0.92, 15002, 120.0),
        ("r1", 0.91, 15002, 60.0),
    ]
    assert (entry.name, entry.metric, entry.version) == ("taxi", "auc", None)
    assert entry.lines[0].page == "taxi/runs/r2/report.html"
    assert [(trend.y_title, [dot.tip for dot in trend.series[0].dots]) for trend in entry.trends][0] == (
        "auc",
        ["11-22 10:01, auc: 0.9100", "11-22 10:02, auc: 0.9200"],
    )


def test_the_page_names_all_pipelines_and_leads_to_their_runs(tmp_path):
    leave(tmp_path, "taxi", 1)
    leave(tmp_path, "other", 1, exit_code=4)
    (tmp_path / "notes").mkdir()
    assert [home.name for home in list_homes(tmp_path)] == ["other", "taxi"]
    page = write_index(tmp_path)
    found = Page(page.read_text(encoding="utf-8"))
    assert page == tmp_path / "index.html"
    assert {"taxi/runs/r1/report.html", "other/runs/r1/report.html", "#taxi", "#other"} == set(found.fetched)
    assert "other Not blessed; nothing was published. nothing yet" in found.text


def test_a_record_that_cannot_be_read_is_said_to_be_so(tmp_path):
    leave(tmp_path, "taxi", 1).record.write_text("{")
    assert "cannot be read" in read_entry(Home(tmp_path / "taxi"), tmp_path).error
    assert "cannot be read" in Page(write_index(tmp_path).read_text()).text


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_folder_without_pipelines_is_refused(tmp_path, folder):
    with pytest.raises(ConfigError, match="no pipeline has worked here"):
        write_index(tmp_path / folder)
