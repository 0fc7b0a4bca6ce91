"""What Kubeflow Pipelines is handed of a run, where kfp's own executor would put it."""

import json
import math

import pytest
from kfp.dsl import Artifact, ClassificationMetrics

from pipelines.reporting import kfp_artifacts
from pipelines.reporting.executor_input import ExecutorInput


def node(name, state="done", text="", details=None, seconds=1.25):
    return {"node": name, "state": state, "text": text, "details": details or {}, "seconds": seconds}


def record(**changes):
    judged = {"overall": {"auc": 0.9492, "log_loss": 0.2043, "recall": math.nan}}
    return {
        "pipeline": "taxi",
        "run": "0a1b",
        "started": "2026-11-22T10:53:23+00:00",
        "ended": "2026-11-22T10:54:49+00:00",
        "exit_code": 0,
        "published": 2,
        "in_service": 2,
        "folder": "/workspace/taxi/runs/0a1b",
        "error": None,
        "nodes": [node("ExampleGen", text="15,002 rows"), node("Evaluator", "cached", "auc 0.9492, blessed", judged)],
        **changes,
    }


REJECTED = record(
    exit_code=3,
    published=None,
    in_service=1,
    error={"what": "`<abc>` is no number.", "where": "rows.csv:7", "remedy": "Correct the cell.", "exit_code": 3},
    nodes=[node("ExampleGen", "failed", "`<abc>` is no number."), node("Evaluator", "not run", seconds=0.0)],
)


def told(folder, *names):
    artifacts = {name: {"name": name, "uri": f"{folder}/deep/{name}"} for name in names}
    parameters = {name: folder / "outputs" / name for name in ("due", "decision")}
    return ExecutorInput("r1", "", (), True, artifacts, folder / "outputs" / "executor_output.json", parameters, "")


def handed_over(folder):
    return json.loads((folder / "outputs" / "executor_output.json").read_text())["artifacts"]


@pytest.mark.parametrize("uri", ["gs://models/v2/summary", "s3://models/summary", "minio://mlpipeline/v2/x", "/tmp/x"])
def test_a_file_lies_where_kfp_looks_for_it(uri):
    assert kfp_artifacts.localise(uri) == Artifact(uri=uri).path


def test_the_page_and_the_figures_are_handed_over(tmp_path):
    kfp_artifacts.write_run(record(), told(tmp_path, "summary", "metrics"))
    page = (tmp_path / "deep" / "summary").read_text()
    assert page == kfp_artifacts.render(record())
    assert json.loads((tmp_path / "outputs" / "executor_output.json").read_text()) == {
        "artifacts": {
            "summary": {"artifacts": [{"name": "summary", "uri": f"{tmp_path}/deep/summary"}]},
            "metrics": {
                "artifacts": [
                    {
                        "name": "metrics",
                        "uri": f"{tmp_path}/deep/metrics",
                        "metadata": {"auc": 0.9492, "log_loss": 0.2043},
                    }
                ]
            },
        }
    }


def test_the_page_shows_what_the_screen_shows():
    page = kfp_artifacts.render(record())
    for words in (
        '<h1 class="good">Published version 2: auc 0.9492, blessed</h1>',
        "In service: version 2",
        '<td>ExampleGen</td>\n<td>✓ done</td>\n<td class="number">1.2 s</td>\n<td>15,002 rows</td>',
        "<td>Evaluator</td>\n<td>✓ cached</td>",
        '<td>log_loss</td><td class="number">0.2043</td>',
        "run 0a1b, 2026-11-22T10:53:23+00:00, 1 min 26 s. Exit code 0.",
    ):
        assert words in page
    assert "http:" not in page and "https:" not in page
    assert "<script" not in page


def test_the_page_of_a_run_that_failed_at_once_says_why():
    page = kfp_artifacts.render(REJECTED)
    assert '<h1 class="bad">Data rejected; nothing was published.</h1>' in page
    assert "<strong>rows.csv:7</strong>: <code>&lt;abc&gt;</code> is no number.\nCorrect the cell.</div>" in page
    assert '<td>– not run</td>\n<td class="number"></td>' in page
    assert "In service: version 1" in page
    assert kfp_artifacts.figures(REJECTED) == {}


WAITING = {"name": "new_rows", "figure": 3, "limit": 5, "met": False, "text": "3 of 5 new rows"}
NOT_DUE = {"due": False, "text": "not due: 3 of 5 new rows", "conditions": [WAITING]}


def test_the_page_of_a_run_that_was_not_due_says_what_it_waits_for(tmp_path):
    kfp_artifacts.write_run(
        {"pipeline": "taxi", "run": None, "exit_code": 0, "decision": NOT_DUE}, told(tmp_path, "summary")
    )
    page = (tmp_path / "deep" / "summary").read_text()
    assert '<h1 class="good">not due: 3 of 5 new rows</h1>' in page
    assert "<tr><td>new_rows</td><td>3 of 5 new rows</td><td>waits</td></tr>" in page


def test_the_page_of_a_run_that_was_due_says_why_it_ran():
    met = {**WAITING, "figure": 6, "met": True, "text": "6 of 5 new rows"}
    page = kfp_artifacts.render(record(decision={"due": True, "text": "due: 6 of 5 new rows", "conditions": [met]}))
    assert "<p>Why it ran: due: 6 of 5 new rows</p>" in page
    assert "<td>6 of 5 new rows</td><td>reached</td>" in page


def test_what_was_decided_is_what_the_other_steps_wait_for(tmp_path):
    kfp_artifacts.write_decision(NOT_DUE, told(tmp_path))
    due, decision = ((tmp_path / "outputs" / name).read_text() for name in ("due", "decision"))
    assert (due, decision) == ("false", "not due: 3 of 5 new rows")


def test_the_model_is_told_of_where_it_lies(tmp_path):
    details = {"history": {"loss": [1.0]}, "unit": "epoch", "base": None, "begun": 20}
    shown = kfp_artifacts.show_model(details, "gs://bucket/trips/artifacts/Trainer/model/3")
    kfp_artifacts.write_shown({"model": shown}, told(tmp_path, "model"))
    [model] = handed_over(tmp_path)["model"]["artifacts"]
    assert model["metadata"] == {
        "unit": "epoch",
        "begun": 20,
        "framework": "TensorFlow",
        "path": "gs://bucket/trips/artifacts/Trainer/model/3",
    }
    assert (tmp_path / "deep" / "model").read_text() == "gs://bucket/trips/artifacts/Trainer/model/3\n"


def test_how_the_model_was_judged_has_kfp_s_own_form(tmp_path):
    theirs = ClassificationMetrics()
    theirs.log_confusion_matrix(["no", "yes"], [[5, 1], [2, 4]])
    theirs.log_roc_curve([0.0, 0.5], [0.25, 1.0], [0.9, 0.1])
    details = {"confusion": [[5, 1], [2, 4]], "roc": [[0.9, 0.0, 0.25], [0.1, 0.5, 1.0]]}
    shown = kfp_artifacts.show_judgement(details, ["no", "yes"])
    kfp_artifacts.write_shown({"classification": shown}, told(tmp_path, "classification"))
    [judged] = handed_over(tmp_path)["classification"]["artifacts"]
    assert judged["metadata"] == theirs.metadata


def test_of_several_classes_there_is_no_curve(tmp_path):
    shown = kfp_artifacts.show_judgement({"confusion": [[1]], "roc": []}, ["a"])
    kfp_artifacts.write_shown({"classification": shown}, told(tmp_path, "classification"))
    [judged] = handed_over(tmp_path)["classification"]["artifacts"]
    assert judged["metadata"].keys() == {"confusionMatrix"}
