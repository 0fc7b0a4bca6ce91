"""The rows that judged, as they are kept and read back."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from components.evaluation import predictions
from components.evaluation.predictions import KEPT_IN, PRIORITY, draw, read_predictions, tabulate
from components.registry.versions import OF_ROWS

ANSWERS = {"candidate": np.array([[0.5, 0.25], [1, 0]], "float32"), "baseline": np.array([[0, 1], [0.5, 0.5]])}


def table(rows, seed=0):
    return tabulate(
        np.random.default_rng(seed).random((rows, 1)), np.ones(rows), {"candidate": np.zeros((rows, 1))}, [[]] * rows
    )


def test_what_is_kept_is_read_back(tmp_path):
    batch = tabulate(np.array([[1], [0]]), np.array([2.0, 3.0]), ANSWERS, [["hour=1", "day=2"], []])
    (tmp_path / OF_ROWS).mkdir()
    parquet.write_table(pa.Table.from_batches(draw([batch])), tmp_path / KEPT_IN)
    found = read_predictions(str(tmp_path))
    order = np.argsort(-found.weights)
    assert found.labels[order].tolist() == [[0], [1]]
    for name, values in ANSWERS.items():
        np.testing.assert_array_equal(getattr(found, name)[order], values[::-1])
    assert [list(found.slices[row]) for row in order] == [[], ["hour=1", "day=2"]]
    assert found.take(order[:1]).weights.tolist() == [3.0]
    assert read_predictions(str(tmp_path / "nothing")) is None


def test_of_many_rows_some_are_kept_the_same_however_they_come(monkeypatch):
    monkeypatch.setattr(predictions, "ROWS", 100)
    parts = [table(90, seed) for seed in range(3)]
    [at_once], [one_by_one] = draw(parts), draw([*draw([*draw(parts[2:]), parts[0]]), parts[1]])
    assert at_once.equals(one_by_one)
    assert len(at_once) == 100
    drawn = at_once.column(0).to_numpy()
    assert drawn.max() == pytest.approx(100 / 270, abs=0.1)
    assert at_once.schema.names[0] == PRIORITY
    assert draw([]) == []


def test_wide_answers_have_fewer_rows(monkeypatch):
    monkeypatch.setattr(predictions, "NUMBERS", 50)
    [found] = draw([tabulate(np.zeros((40, 1)), np.ones(40), {"candidate": np.zeros((40, 9))}, [[]] * 40)])
    assert len(found) == 5
