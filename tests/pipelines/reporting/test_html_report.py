"""The report says what the record says, escapes it, and asks the network for nothing.

The records are those of runs of configs/taxi.yaml, cut down to two slices, three metrics and three columns.
"""

import json
import re
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest

from components.evaluation.judgement import Failure
from configs.clock import tell_now
from configs.errors import MillraceError
from configs.home import Home
from configs.loading.loader import load
from configs.repository import ROOT
from configs.schema.schedule import Schedule, When
from pipelines.execution.finalize import finish_run
from pipelines.reporting import html_report
from pipelines.reporting.comparison import Change, Comparison
from pipelines.runs.run import Run
from pipelines.schedule.decision import Facts, Past, as_data, decide
from tests.components.evaluation.test_quality import described
from tests.pipelines.reporting.test_board import read_scalars

TAXI = ROOT / "configs" / "taxi.yaml"
NEVER = {"state": "not run", "seconds": 0.0, "text": "", "details": {}, "outputs": {}, "error": None}


class Page(HTMLParser):
    """What a person reads of a page, and what a browser would fetch for it."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags, self.fetched, self.open = [], [], [], ""
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.open = tag
        self.tags.append(tag)
        self.fetched += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]

    def handle_endtag(self, tag):
        self.open = ""

    def handle_data(self, data):
        if self.open not in ("script", "style"):
            self.words.append(data)


def node(name, text="", details=(), state="done", error=None, seconds=1.25):
    known = {"text": text, "details": dict(details), "state": state, "error": error, "seconds": seconds}
    return {"node": name, "outputs": {}, **known}


def measured(part, rows, auc, log_loss, baseline=None):
    values = {"log_loss": log_loss, "example_count": rows, "auc": auc}
    older = {"log_loss": 0.25, "example_count": rows, "auc": baseline}
    return [
        {"slice": part, "metric": name, "candidate": value, "baseline": older[name] if baseline else None}
        for name, value in values.items()
    ]


def evaluated(missed=(), baseline=None):
    metrics = [
        *measured("trip_start_hour=10", 72.0, 0.9169, 0.2599, baseline),
        *measured("Overall", 1445.0, 0.9492, 0.2043, baseline),
        *measured("trip_start_hour=2", 92.0, 0.9743, float("nan"), baseline),
    ]
    text = "; ".join(map(str, missed)) or "auc 0.9492, blessed"
    details = {"overall": {"auc": 0.9492}, "metrics": metrics, "missed": [asdict(failure) for failure in missed]}
    return node("Evaluator", text, details)


def prepared(anomalies=(), accepted=None):
    columns = {
        "company": {"missing": 4155, "mean": None, "unique": 54},
        "fare": {"missing": 0, "mean": 11.739217039473274, "unique": None},
    }
    return [
        node("ExampleGen", "15,002 rows", {"rows": {"train": 12044, "eval": 1513, "test": 1445}}),
        node("StatisticsGen", "2 columns", {"columns": columns}),
        node("SchemaGen", "2 columns, inferred", {"path": "schema.pbtxt"}),
        node("DataGate", "no anomalies", {"accepted": accepted, "anomalies": list(anomalies)}),
    ]


def trained():
    history = {"loss": [0.4271, 0.2137], "val_loss": [0.2321, 0.2012], "auc": [0.77, 0.93], "val_auc": [0.93, 0.95]}
    return [node("Transform", "8 vocabularies"), node("Trainer", "2 epochs", {"history": history})]


def record(nodes, **changes):
    failed = next((item for item in nodes if item["error"]), None)
    return {
        "pipeline": "taxi",
        "run": "20261122-105323-0aa01b2c",
        "started": "2026-11-22T10:53:23+00:00",
        "ended": "2026-11-22T10:54:49+00:00",
        "exit_code": failed["error"]["exit_code"] if failed else 0,
        "published": None,
        "in_service": 1,
        "serving": "/models/taxi/serving",
        "folder": "/models/taxi/runs/20261122-105323-0aa01b2c",
        "error": failed["error"] if failed else None,
        "nodes": nodes,
        **changes,
    }


def published():
    pushed = node("Pusher", "version 2 published", {"version": 2, "new": True}, state="cached")
    nodes = [*prepared(), *trained(), node("Resolver", "version 1", {"version": 1}), evaluated(baseline=0.9400), pushed]
    return record(nodes, published=2, in_service=2)


def wide(columns):
    """A published run of so many columns, with 24 slices and 50 epochs."""
    whole = published()
    details = {item["node"]: item["details"] for item in whole["nodes"]}
    details["StatisticsGen"]["columns"] = {
        f"column_{number}": {
            "missing": number,
            "missing_by_split": {"train": number, "eval": number, "test": number},
            "mean": 1 / 3,
            "median": 1 / 7,
            "unique": None,
            "quantiles": [edge / 3 for edge in range(5)],
            "edges": [edge / 3 for edge in range(13)],
            "shares": {split: [1 / 13] * 12 for split in ("train", "eval", "test")},
        }
        for number in range(columns)
    }
    names = list(details["StatisticsGen"]["columns"])
    details["DataGate"]["served"] = dict.fromkeys(names, [1 / 13] * 12)
    details["Evaluator"]["explanation"] = {
        "importance": [],
        "association": {"rows": 1000, "columns": dict.fromkeys(names, 1 / 7)},
    }
    details["Evaluator"]["metrics"] += [
        item for hour in range(24) for item in measured(f"pickup_hour={hour}", 92.0, 0.9743, 0.2043)
    ]
    details["Trainer"]["history"] = {"loss": [1 / 3] * 50, "val_loss": [1 / 7] * 50}
    return whole


@pytest.fixture(scope="module")
def show():
    """What a person reads of a record's page, for the config of the taxi sample."""
    return lambda record, *overrides: Page(html_report.render(record, load(TAXI, overrides)))


def test_a_published_version(show):
    page = show(published())
    assert "Published version 2: auc 0.9492, blessed Verdict auc 0.9492 ✓ passed: at least 0.8" in page.text
    assert "In service: version 2, in /models/taxi/serving. This run put it there, in place of version 1." in page.text
    assert "millrace rollback CONFIG --reason REASON goes back to the version before" in page.text
    assert "ExampleGen ✓ done 1.2 s 15,002 rows" in page.text
    assert "Pusher ✓ cached 1.2 s version 2 published" in page.text
    assert "Baseline: version 1" in page.text
    assert "auc 0.9492 0.9400 log_loss 0.2043 0.2500" in page.text
    assert "train eval test rows in all 12,044 1,513 1,445 15,002 Anomalies None." in page.text
    assert "company categorical 34.50% 54 fare numeric 0 11.739" in page.text
    assert "ended 2026-11-22 10:54:49 UTC, after 1 min 26 s" in page.text


def test_a_change_that_has_nothing_to_be_measured_against_is_not_passed(show):
    first = record([*prepared(), *trained(), evaluated()])
    text = show(first, "evaluation.thresholds={auc: {max_drop: 0.01}, log_loss: {max: 1, max_rise: 0.1}}").text
    assert "auc 0.9492 – nothing to compare with: 0.01 below what is in service this run: 0.9492 log_loss" in text
    assert "✓ passed: at most 1, 0.1 above what is in service" in text


def test_models_that_are_no_networks_stand_beside_the_network(show):
    models = {"logistic": {"auc": 0.9311, "log_loss": 0.25}, "tree": {"auc": 0.9200}}
    details = {"metric": "auc", "models": models, "seconds": {"tree": 0.02}}
    compared = node("SklearnBaselines", "auc: logistic 0.9311", details)
    text = show(record([*prepared(), *trained(), evaluated(), compared])).text
    assert "metric candidate baseline auc 0.9492 – log_loss 0.2043" in text
    assert (
        "model, the best auc first training auc log_loss this run – ★ 0.9492 ★ 0.2043 "
        "logistic – 0.9311 0.2500 tree 20 ms 0.9200 –" in text
    )


def test_a_search_lists_its_trials(show):
    rate = "training.optimizer.learning_rate"
    trials = [
        {"trial": name, "score": score, "parameters": size, "epochs": None, "values": values, "reason": reason}
        for name, score, size, values, reason in (
            ("0", None, None, {rate: 1.5, "model": [8]}, "became nan"),
            ("1", 0.91, 1234, {rate: 0.0123456, "model": [16, 8]}, None),
            ("2", 0.9, 12, {rate: 0.5, "model": [1]}, None),
        )
    ]
    found = node("Tuner", "3 trials", {"objective": "auc", "best": "1", "front": ["2", "1"], "trials": trials})
    text = show(record([*prepared(), found, *trained()])).text
    assert f"trial {rate} model parameters epochs auc 1 1.5 [8] – became nan" in text
    assert "2 0.01235 [16, 8] 1,234 0.9100 ✓ best 3 0.5 [1] 12 0.9000 better than all smaller" in text


def test_slices_come_with_the_worst_first_and_what_has_no_value_says_so(show):
    text = show(published()).text
    assert "trip_start_hour, the worst auc first rows auc log_loss 10 72 0.9169 0.2599 2 92 0.9743 –" in text


def test_other_rows_and_the_file_that_a_device_runs_stand_beside_the_model(show):
    judge = evaluated([Failure("LiteRT", "bytes", 59488.0, 1000.0, "max")])
    metrics = judge["details"]["metrics"]
    metrics += measured("golden set", 97.0, 0.9, 0.5) + measured("LiteRT", 1445.0, 0.94, 0.21)
    metrics.append({"slice": "LiteRT", "metric": "bytes", "candidate": 59488.0, "baseline": None})
    page = show(record([*prepared(), *trained(), judge]))
    table = "metric the test split the golden set the LiteRT file, on the test split"
    assert f"Judged beside {table} log_loss 0.2043 0.5000 0.2100 rows 1,445 97 1,445 auc" in page.text
    assert "bytes – – 59,488" in page.text and "By LiteRT" not in page.text and "By golden set" not in page.text


def test_the_charts_hold_the_figures():
    tips = re.findall("<title>(.*)</title></circle>", html_report.render(published(), load(TAXI)))
    assert tips.pop(0) == "in service: 0.9400"
    assert tips[:2] == ["2, candidate: 0.9743, 92 rows", "10, candidate: 0.9169, 72 rows"]
    assert tips[2:4] == ["2, baseline: 0.9400, 92 rows", "10, baseline: 0.9400, 72 rows"]
    assert tips[4:8] == ["1, train: 0.4271", "2, train: 0.2137", "1, eval: 0.2321", "2, eval: 0.2012"]
    assert tips[8:] == ["1, train: 0.7700", "2, train: 0.9300", "1, eval: 0.9300", "2, eval: 0.9500"]


def test_what_changed_comes_with_the_drift_of_each_column():
    whole = published()
    gate = next(node for node in whole["nodes"] if node["node"] == "DataGate")
    gate["details"]["unknown"] = [{"column": "company", "change": "new values", "text": "<i>Sun</i>"}]
    gate["details"]["drift"] = {
        "company": {"distance": 0.01, "limit": 0.1},
        "fare": {"distance": 0.4321, "limit": 0.1},
        "hour": {"distance": 0.2, "limit": None},
    }
    changed = Comparison(
        1,
        "2026-11-01",
        "run-1",
        [Change("training.epochs", 5, 9), Change("data.path", "mysql://a:b@c/d", None)],
        [Change("train", 1000, 1250)],
        {"Code": False, "Packages": True},
    )
    text = Page(html_report.render(whole, load(TAXI), changed)).text
    assert (
        "What changed since version 1 Published 2026-11-01 00:00:00, by run run-1. Code: changed. Packages: the same."
        in text
    )
    assert "version 1 this run rows, train 1,000 1,250 (+250) training.epochs 5 9" in text
    assert 'data.path "mysql://a:***@c/d" null' in text
    assert "New to the schema column what which company new values <i>Sun</i> However rare" in text
    assert "column distance limit fare 0.432 0.1 hour 0.200 – company 0.010 0.1 From 0, alike" in text
    alone = Page(html_report.render(published(), load(TAXI))).text
    assert "What changed Metrics, on the test split metric in service this run change 95 % interval" in alone
    assert "auc 0.9400 0.9492 +0.0092 – not known" in alone
    first = record([*prepared(), *trained(), evaluated()])
    assert "What changed" not in Page(html_report.render(first, load(TAXI))).text


def test_a_config_that_is_the_same_is_said_to_be():
    same = Comparison(1, "2026-11-01", "run-1", [], [], {})
    assert "by run run-1. The config is the same." in Page(html_report.render(published(), load(TAXI), same)).text


def test_nothing_new(show):
    pushed = node("Pusher", "nothing new: version 1 is this model", {"version": 1, "new": False})
    text = show(record([*prepared(), *trained(), evaluated(), pushed])).text
    assert "Done: nothing new: version 1 is this model Verdict" in text
    assert "In service: version 1, in /models/taxi/serving. This run has not changed that." in text


def test_a_run_that_a_schedule_began_says_why(show):
    when = When(new_spans=1, age="30d")
    schedule = Schedule(cron="0 3 * * *", when=when)
    moment = datetime(2026, 6, 2, 3, tzinfo=timezone.utc)
    known = Facts(runs=(Past("r1", moment, moment, 0),), new_spans=2, published=moment - timedelta(days=3))
    decision = as_data(decide(schedule, known, moment))
    text = show(record([*prepared(), *trained(), evaluated()], decision=decision)).text
    assert (
        "Why it ran: due: 2 of 1 new span waited for new_spans 2 of 1 new span reached "
        "age the version in service is 3d old, of 30d not yet"
    ) in text
    assert "Why it ran" not in show(published()).text


def test_a_candidate_that_is_not_blessed(show):
    missed = [Failure("Overall", "auc", 0.9492, 0.99), Failure("trip_start_hour=10", "auc", 0.9169, 0.99)]
    error = {"exit_code": 4, "what": f"Not blessed: {missed[0]}.", "where": "Evaluator", "remedy": "Improve the model."}
    refused = node("Pusher", error["what"], state="failed", error=error)
    whole = record([*prepared(), *trained(), evaluated(missed), refused])
    text = show(whole, "evaluation.thresholds.auc.min=0.99").text
    assert "Not blessed; nothing was published. Evaluator : Not blessed: auc (Overall) is 0.9492, below 0.99." in text
    assert "Improve the model. Verdict auc 0.9492 ✗ missed: at least 0.99" in text
    assert "0.01 below what is in service" in text
    assert "auc (trip_start_hour=10) is 0.9169, below 0.99 In service: version 1" in text
    assert f"millrace promote CONFIG --run {whole['run']} --reason REASON puts it into service on your word" in text
    html = html_report.render(whole, load(TAXI))
    assert re.search(r'class="number bad">0\.9169', html)
    assert re.search(r'class="number">0\.9743', html)


def test_data_that_were_rejected_show_the_findings_first():
    found = {"split": "test", "feature": "company", "rule": "ENUM", "text": "2.0% are new", "key": "gate.unseen"}
    what = "1 anomaly in the data:\n  company (test split): 2.0% are new [ENUM, gate.unseen]"
    error = {"exit_code": 3, "what": what, "where": "DataGate", "remedy": "Mend the data."}
    gate = node("DataGate", "1 anomaly", {"accepted": None, "anomalies": [found]}, state="failed", error=error)
    whole = record([*prepared()[:3], gate, {"node": "Trainer", **NEVER}], in_service=None)
    page = Page(html_report.render(whole, load(TAXI)))
    assert "Data rejected; nothing was published. DataGate : the data break 1 of its rules, below." in page.text
    assert (
        "What the gate found column split what, by which rule and key of the config "
        "company test 2.0% are new ENUM, gate.unseen" in page.text
    )
    assert page.text.index("What the gate found") < page.text.index("Verdict") < page.text.index("Nodes")
    assert "Nothing is in service yet. millrace run CONFIG once the data are mended" in page.text
    assert "millrace schema accept CONFIG keeps what is new" in page.text
    assert "Trainer – not run Data" in page.text
    assert "company categorical 34.50% 54" in page.text
    assert page.text.count("2.0% are new") == 1
    assert not {"Training", "Anomalies", "Metrics, on the test split"} & set(page.words)


def test_data_that_an_earlier_node_rejected_are_told_in_its_words(show):
    error = {"exit_code": 3, "what": "no number: 'x'", "where": "rows.csv:3:1", "remedy": "Mend it."}
    text = show(record([node("ExampleGen", "no number", state="failed", error=error)])).text
    assert "rows.csv:3:1 : no number: 'x' Mend it. Verdict" in text
    assert "schema accept" not in text


def test_a_run_that_failed_at_its_first_node(show):
    error = {"exit_code": 1, "what": "The run was stopped by SIGINT.", "where": "ExampleGen", "remedy": "Run again."}
    page = show(record([node("ExampleGen", error["what"], state="failed", error=error), {"node": "Trainer", **NEVER}]))
    assert "Failed; nothing was published. ExampleGen : The run was stopped by SIGINT. Run again." in page.text
    assert "millrace run CONFIG once the cause is mended" in page.text
    assert page.tags.count("h2") == 4


def test_anomalies_that_were_accepted_come_with_the_reason(show):
    anomaly = {"split": "test", "feature": "fare", "rule": "OUT_OF_RANGE", "text": "2% outside", "key": "gate.unseen"}
    text = show(record([*prepared([anomaly], accepted="new fares since May")])).text
    assert "Accepted: new fares since May" in text
    assert "fare test 2% outside OUT_OF_RANGE, gate.unseen" in text


def test_fetches_nothing_and_forbids_it():
    html = html_report.render(published(), load(TAXI))
    page = Page(html)
    assert page.fetched == []
    assert not re.search(r"url\(|@import|xlink|<(?:script|link|iframe|object)[^>]*(?:src|href)", html)
    [policy] = re.findall('Content-Security-Policy" content="([^"]*)"', html)
    assert policy.split("; ") == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "script-src 'unsafe-inline'",
        "img-src data:",
    ]


@pytest.mark.parametrize(("columns", "megabytes"), [(50, 1.5), (500, 5.0)])
def test_stays_small(columns, megabytes):
    html = html_report.render(wide(columns), load(TAXI))
    assert f"column_{columns - 1}" in html
    assert len(html.encode()) < megabytes * 1e6


def test_what_comes_from_the_data_is_escaped(show):
    evil = "</script><img onerror>&"
    metrics = [*measured("Overall", 9.0, 0.9, 0.1), *measured(f"{evil}={evil}", 9.0, 0.9, 0.1)]
    error = {"exit_code": 1, "what": evil, "where": evil, "remedy": evil}
    nodes = [
        node("Evaluator", evil, {"metrics": metrics, "missed": []}),
        node("Trainer", evil, state="failed", error=error),
    ]
    page = show(record(nodes, serving=evil))
    assert "img" not in page.tags
    assert (
        page.text.count(evil) == 13
    )  # error 3, nodes 2, serving, heading, a row of slices with its header, chart 2, card 2


def test_hides_the_password_of_the_metadata_store():
    config = load(TAXI, ["storage.metadata=mysql://root:s3cret@db:3306/ml"])
    html = html_report.render(published(), config)
    assert "s3cret" not in html
    assert "mysql://root:***@db:3306/ml" in html


@pytest.mark.parametrize(
    ("text", "concealed"),
    [
        ("mysql://root:pass:word@db/ml", "mysql://root:***@db/ml"),
        ("mysql://root@db:3306/ml", "mysql://root@db:3306/ml"),
        ("gs://bucket/a:b@c", "gs://bucket/a:b@c"),
    ],
)
def test_conceals_passwords_alone(text, concealed):
    assert html_report.conceal(text) == concealed


def test_writes_beside_the_config(tmp_path):
    run = Run(Home(tmp_path), "1")
    run.folder.mkdir(parents=True)
    run.config.write_text(load(TAXI).model_dump_json())
    html_report.write_report(published(), run)
    assert "Published version 2" in run.report.read_text(encoding="utf-8")
    shown = read_scalars(run.tensorboard)
    assert shown == {"epoch_auc": (1, pytest.approx(0.9492)), "epoch_log_loss": (1, pytest.approx(0.2043))}


def test_a_report_that_cannot_be_written_leaves_the_exit_code(tmp_path, caplog):
    config = load(TAXI, [f"storage.root={tmp_path}"])
    run = Run(config.home, "1")
    run.report.mkdir(parents=True)
    run.config.write_text(config.model_dump_json())
    ended = finish_run(config, run, tell_now(), ["ExampleGen"], MillraceError("The process was killed."))
    assert (ended["exit_code"], ended["report"]) == (1, None)
    assert "Is a directory" in ended["report_error"]
    assert json.loads(run.record.read_text()) == ended
    assert "There is no report of this run" in caplog.text


@pytest.mark.slow
def test_draws_without_tensorflow():
    modules = "pipelines.reporting.html_report, pipelines.reporting.screenshot"
    code = f"import sys, {modules}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


def test_classes_are_told_apart_by_their_names(show):
    judged = evaluated()
    judged["details"]["confusion"] = [[1200.0, 45.0], [12.5, 187.5]]
    page = show(record([*prepared(), *trained(), judged]), "label.classes=['no tip', 'big tip']")
    assert (
        "actual \\ predicted no tip big tip rows precision recall F1 "
        "no tip 1,200 96.4% 45 3.6% 1,245 0.9897 0.9639 0.9766 "
        "big tip 12.5 6.2% 187.5 93.8% 200 0.8065 0.9375 0.8671" in page.text
    )


def test_a_page_has_what_the_evaluator_told_of_its_rows():
    rows, quality = described("binary")
    whole = record([*prepared(), *trained(), evaluated()])
    told = {"feature": "<b>fare</b>", "mean": 0.25, "spread": 0.01, "repeats": 3}
    cells = {"fare": {"text": "<script>alert(1)</script>"}, "photo": {"image": "data:image/png;base64,AAAA"}}
    added = {
        "fare": {"text": "Not <b>bad</b>", "words": [["not", -0.5], ["<b>", 0.01], ["bad", 1.0]]},
        "photo": {"image": "data:image/png;base64,AAAA", "added": "data:image/png;base64,BBBB"},
    }
    right = [{"actual": "1", "predicted": "1 (0.8000)", "cells": added, "without": 0.25}]
    whole["nodes"][-1]["details"] |= {
        "quality": quality,
        "explanation": {
            "metric": "auc",
            "rows": 1000,
            "seconds": 3.0,
            "left_out": 2,
            "importance": [told],
            "dependence": [{"feature": "fare", "values": [1.0, 2.0], "answers": [[0.25], [0.5]]}],
            "examples": {"wrong": [{"actual": "0", "predicted": "1 (0.9000)", "cells": cells}], "right": right},
        },
    }
    whole["nodes"][-1]["details"]["explanation"] |= {
        "association": {"rows": 1000, "columns": {"fare": 0.25}},
        "samples": [{"feature": "<i>", "cells": [{"text": "</td>"}, {"series": [0, 1]}, cells["photo"]]}],
    }
    for item in whole["nodes"][-1]["details"]["metrics"]:
        item["interval"] = [0.5, 0.75]
    html = html_report.render(whole, load(TAXI))
    page = Page(html)
    assert "0.9492 0.5000 to 0.7500" in page.text
    assert "feature lost without it spread <b>fare</b> 0.2500 ± 0.0100" in page.text
    assert "2 features were left out: explain.seconds is 3." in page.text
    assert "mean score by fare" in page.text
    assert "actual predicted fare photo 0 1 (0.9000) <script>alert(1)</script>" in page.text
    assert "actual predicted fare photo 1 1 (0.8000) 0.2500 without not <b> bad Pixels and words in blue" in page.text
    shades = re.findall(r'<span class="heat (\w+)" style="--share: ([\d.]+)%">(\w+)</span>', html)
    assert shades[:2] == [("bad", "50.0", "not"), ("good", "100.0", "bad")]
    assert page.fetched == [f"data:image/png;base64,{code}" for code in ("AAAA", "AAAA", "BBBB", "AAAA")]
    assert "tells of the label" in page.text
    assert "fare numeric 25.0% 0" in page.text
    assert "Samples <i> </td> 2 steps, 0 to 1 Of rows drawn" in page.text
    assert sum(float(count) for count in re.findall(r": ([\d.]+) rows?</title></rect>", html)) == len(rows.weights)


def test_a_slider_shows_what_another_threshold_would_do():
    judged = evaluated()
    judged["details"] |= {"confusion": [[8.0, 2.0], [1.0, 4.0]], "roc": [[0.9, 0.0, 0.2], [0.51, 0.2, 0.8], [0, 1, 1]]}
    html = html_report.render(record([*prepared(), *trained(), judged]), load(TAXI, ["label.classes=[no, yes]"]))
    [points] = re.findall('<script type="application/json" id="points">(.*?)</script>', html)
    assert [(point["threshold"], point["true_positives"]) for point in json.loads(points)] == [
        (0.9, 1),
        (0.51, 4),
        (0, 5),
    ]
    assert 'type="range" min="0" max="2" value="1"' in html
    assert "yes is predicted of scores above 0.5." in html
    assert "0.51 0.8 0.2 0.6667 0.7273 4 2 1 8" in Page(html).text
