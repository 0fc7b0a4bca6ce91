from types import SimpleNamespace

import numpy as np
import pytest

from components.explanation import clock, importance
from components.explanation.clock import Clock
from components.explanation.importance import REPEATS, permute
from tests.components.explanation.linear import WEIGHTS, ask, numbers, rows

ROWS = 400


def rate(batch):
    """Minus the mean squared error of answers, where the model is right of every row."""
    labels = ask(batch)
    return lambda answers, chosen: -float(np.mean((answers - labels[chosen]) ** 2))


def test_what_a_feature_is_worth_is_known_of_a_linear_model():
    batch = rows(ROWS)
    found, count = permute(ask, batch, ask(batch), list(WEIGHTS), rate(batch), 1e-9, Clock(60))
    assert [item.feature for item in found] == ["miles", "fare", "noise"]
    assert {item.repeats for item in found} == {REPEATS}
    assert count == ROWS
    spread = numbers(batch).var(axis=0)
    for item, variance in zip(found, spread, strict=True):
        assert item.mean == pytest.approx(2 * WEIGHTS[item.feature] ** 2 * variance, rel=0.15)
    assert found[0].spread > 0
    assert found[2].spread == 0


def test_a_slow_model_stays_within_the_time(monkeypatch):
    taken = [0.0]

    def ask_slowly(batch):
        taken[0] += len(batch) / 1000
        return ask(batch)

    monkeypatch.setattr(clock, "time", SimpleNamespace(process_time=lambda: taken[0]))
    batch = rows(ROWS)
    found, count = permute(ask_slowly, batch, ask(batch), list(WEIGHTS), rate(batch), 1 / 1000, Clock(1.8001))
    assert count == 200  # by which each of three features comes three times
    assert taken[0] == pytest.approx(1.8)
    assert {item.repeats for item in found} == {REPEATS}


def test_what_there_was_no_time_for_is_left_out(monkeypatch):
    taken = [0.0]

    def ask_slowly(batch):
        taken[0] += 1
        return ask(batch)

    monkeypatch.setattr(clock, "time", SimpleNamespace(process_time=lambda: taken[0]))
    batch = rows(ROWS)
    found, count = permute(ask_slowly, batch, ask(batch), list(WEIGHTS), rate(batch), 1 / 100, Clock(2))
    assert [item.feature for item in found] == ["miles", "fare"]
    assert count == importance.FEWEST
