from types import SimpleNamespace

import numpy as np
import pytest

from components.explanation import importance
from components.explanation.importance import REPEATS, permute
from tests.components.explanation.linear import WEIGHTS, ask, numbers, rows

ROWS = 400


def rate(batch):
    """Minus the mean squared error of answers, where the model is right of every row."""
    labels = ask(batch)
    return lambda answers, chosen: -float(np.mean((answers - labels[chosen]) ** 2))


def test_what_a_feature_is_worth_is_known_of_a_linear_model():
    batch = rows(ROWS)
    found, count = permute(ask, batch, list(WEIGHTS), rate(batch), seconds=60)
    assert [item.feature for item in found] == ["miles", "fare", "noise"]
    assert {item.repeats for item in found} == {REPEATS}
    assert count == ROWS
    spread = numbers(batch).var(axis=0)
    for item, variance in zip(found, spread, strict=True):
        assert item.mean == pytest.approx(2 * WEIGHTS[item.feature] ** 2 * variance, rel=0.15)
    assert found[0].spread > 0
    assert found[2].spread == 0


def test_a_slow_model_stays_within_the_time(monkeypatch):
    clock = [0.0]

    def ask_slowly(batch):
        clock[0] += len(batch) / ROWS / 10
        return ask(batch)

    monkeypatch.setattr(importance, "time", SimpleNamespace(process_time=lambda: clock[0]))
    batch = rows(ROWS)
    found, count = permute(ask_slowly, batch, list(WEIGHTS), rate(batch), seconds=0.5)
    assert count == 333  # by which each feature comes once in half of it
    assert clock[0] < 0.6
    assert [item.feature for item in found] == ["miles", "fare", "noise"]
    assert all(1 <= item.repeats < REPEATS for item in found)


def test_what_there_was_no_time_for_is_left_out(monkeypatch):
    clock = [0.0]

    def ask_slowly(batch):
        clock[0] += 1
        return ask(batch)

    monkeypatch.setattr(importance, "time", SimpleNamespace(process_time=lambda: clock[0]))
    batch = rows(ROWS)
    found, count = permute(ask_slowly, batch, list(WEIGHTS), rate(batch), seconds=3)
    assert [item.feature for item in found] == ["miles", "fare"]
    assert count == 200
