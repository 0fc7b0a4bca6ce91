from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from components.explanation import shapley
from components.explanation.shapley import contribute, draw_walks
from tests.components.explanation.linear import WEIGHTS, ask, numbers, rows


def test_of_a_linear_model_they_are_the_closed_form():
    row, background = rows(1, seed=1), rows(20)
    found = contribute(ask, row, background)
    away = (numbers(row) - numbers(background).mean(axis=0))[0]
    assert list(found.features) == list(WEIGHTS)
    np.testing.assert_allclose(list(found.features.values()), away * list(WEIGHTS.values()), atol=1e-9)
    assert found.base == pytest.approx(ask(background).mean())
    assert found.answer == pytest.approx(ask(row)[0, 0])


def test_they_sum_to_the_difference_whatever_the_model():
    def bend(batch):
        x = numbers(batch)
        return np.stack([np.tanh(x[:, 0] * x[:, 1]), np.where(x[:, 1] > 0, x[:, 0], x[:, 2])], axis=1)

    row, background = rows(1, seed=2), rows(10)
    for unit in (0, 1):
        found = contribute(bend, row, background, unit)
        assert sum(found.features.values()) == pytest.approx(found.answer - found.base)
        assert found.base == pytest.approx(bend(background)[:, unit].mean())


def test_of_two_features_that_work_together_each_has_half():
    def both(batch):
        x = numbers(batch)
        return ((x[:, 0] > 0) & (x[:, 1] > 0)).astype(float)[:, None]

    one, none = (
        pa.RecordBatch.from_arrays([pa.array([[value]], pa.large_list(pa.float64()))] * 3, list(WEIGHTS))
        for value in (1.0, -1.0)
    )
    assert contribute(both, one, none).features == pytest.approx({"miles": 0.5, "fare": 0.5, "noise": 0})


def test_a_row_as_it_is_read_has_cells_as_the_background():
    row = pa.RecordBatch.from_arrays([pa.array([1.0]), pa.array([2.0]), pa.array([0.0])], list(WEIGHTS))
    assert contribute(ask, row, rows(5)).answer == pytest.approx(4)


def test_every_row_of_the_background_is_as_often_begun_with(monkeypatch):
    monkeypatch.setattr(shapley, "ANSWERS", 100)
    walks = draw_walks(4, 5)
    assert [int(walk.lines[0, 0]) for walk in walks] == [
        row for _ in range(2) for row in (1, 1, 2, 2, 3, 3, 4, 4, 5, 5)
    ]
    for walk in walks:
        assert set(walk.lines[0]) != {0}
        assert set(walk.lines[-1]) == {0}
        changed = [int(np.flatnonzero(after != before)[0]) for before, after in pairwise(walk.lines)]
        assert changed == walk.order.tolist()
