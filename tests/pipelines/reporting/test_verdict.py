"""A bar stands where its figures are, and the next command fits how the run ended."""

import pytest

from configs.schema.evaluation import Threshold
from pipelines.reporting import verdict


def measured(metric, candidate, baseline=None):
    return {"slice": "Overall", "metric": metric, "candidate": candidate, "baseline": baseline}


def judge(item, missed=(), **limits):
    [judged] = verdict.judge([item], {item["metric"]: Threshold(**limits)}, missed)
    return judged


def test_a_share_lies_on_a_bar_from_0_to_1():
    found = judge(measured("auc", 0.95, 0.9), min=0.8, max_drop=0.01)
    assert found.bar == pytest.approx((0, 95))
    assert found.served == pytest.approx(90)
    assert [(limit.text, pytest.approx(limit.at)) for limit in found.limits] == [
        ("at least 0.8", 80),
        ("at least 0.8900: 0.01 below what is in service", 89),
    ]
    assert found.passed


def test_what_has_no_top_fits_with_its_limits():
    found = judge(measured("rmse", 3.0, 2.0), [("Overall", "rmse")], max=2.5, max_rise=0.5)
    assert not found.passed
    assert found.bar == pytest.approx((0, 100 / 1.15))
    assert [limit.text for limit in found.limits] == ["at most 2.5", "at most 2.5000: 0.5 above what is in service"]
    assert found.limits[0].at == pytest.approx(100 * 2.5 / 3.45)


def test_a_fit_that_is_worse_than_none_goes_to_the_left():
    found = judge(measured("r2", -1.0), min=0.0)
    assert found.bar == pytest.approx((0, 50))
    assert found.limits[0].at == pytest.approx(50)


def test_a_change_has_no_place_without_a_baseline():
    found = judge(measured("auc", 0.95), max_drop=0.01)
    assert found.limits == [verdict.Limit("0.01 below what is in service", None)]
    assert found.passed is None
    assert found.served is None


def test_what_could_not_be_measured_has_no_bar():
    assert judge(measured("auc", float("nan")), min=0.5).bar is None
    assert judge(measured("rmse", 0.0), max=0.0).bar == (0, 0)


def test_metrics_without_a_threshold_come_last():
    both = [measured("accuracy", 0.9), measured("auc", 0.9), measured("example_count", 10.0)]
    found = verdict.judge(both, {"auc": Threshold(min=0.5)}, ())
    assert [(item.metric, item.passed) for item in found] == [("auc", True), ("accuracy", None)]


def record(exit_code=0, published=None, in_service=None):
    return {"run": "r1", "serving": "/s", "exit_code": exit_code, "published": published, "in_service": in_service}


@pytest.mark.parametrize(
    ("ended", "keys", "commands"),
    [
        (record(published=2), (), ["predict CONFIG --input FILE --output FILE", "serve CONFIG", "rollback CONFIG"]),
        (record(published=1), (), ["predict CONFIG --input FILE --output FILE", "serve CONFIG"]),
        (record(), (), ["history CONFIG"]),
        (record(4), (), ["run CONFIG", "promote CONFIG --run r1 --reason REASON"]),
        (record(3), (), ["run CONFIG"]),
        (record(3), ("gate.drift",), ["run CONFIG", "run CONFIG --accept-anomalies REASON"]),
        (
            record(3),
            ("data.schema_file",),
            ["run CONFIG", "schema diff CONFIG", "schema accept CONFIG", "run CONFIG --accept-anomalies REASON"],
        ),
        (record(1), (), ["run CONFIG"]),
    ],
)
def test_the_next_command_fits_how_the_run_ended(ended, keys, commands):
    found = [step.command for step in verdict.list_steps(ended, keys)]
    assert len(found) == len(commands)
    assert all(step.startswith(f"millrace {command}") for step, command in zip(found, commands, strict=True))


def test_what_changed_in_service():
    assert verdict.tell_service(record(4), None) == "Nothing is in service yet."
    assert verdict.tell_service(record(4, None, 3), 3) == "In service: version 3, in /s. This run has not changed that."
    first = verdict.tell_service(record(0, 1, 1), None)
    assert first == "In service: version 1, in /s. This run put it there."


def test_a_challenger_that_waits_is_told_in_place_of_what_has_not_changed():
    waits = "the model of run r2 has won 1 of 3 new spans (7) against version 1"
    told = verdict.tell_service({**record(0, None, 1), "challenger": waits}, 1)
    assert told == f"In service: version 1, in /s. A challenger waits to take its place: {waits}."
