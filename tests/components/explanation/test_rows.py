import numpy as np
import pyarrow as pa
import pytest

from components.explanation import rows
from components.explanation.rows import find_labels, find_weights, read_rows
from configs.schema.config import Label
from tests.components.evaluation.test_eval_config import LABELS

CELLS = {
    "binary": ([[1], [0]], [[1], [0]]),
    "multiclass": ([[2], [0]], [[2], [0]]),
    "multilabel": ([[1, 0], None], [[1, 1], [0, 0]]),
    "regression": ([[0.5], [2.0]], [[0.5], [2.0]]),
}


@pytest.mark.parametrize("kind", CELLS)
def test_labels_are_as_metrics_take_them(kind):
    cells, expected = CELLS[kind]
    number = pa.float64() if kind == "regression" else pa.int64()
    batch = pa.RecordBatch.from_arrays([pa.array(cells, pa.large_list(number))], ["tip"])
    found = find_labels(batch, Label.model_validate(LABELS[kind], strict=False))
    assert found.tolist() == expected


def test_a_row_weighs_what_its_column_says():
    batch = pa.RecordBatch.from_arrays([pa.array([[2], [3]], pa.large_list(pa.int64()))], ["times"])
    assert find_weights(batch, "times").tolist() == [2, 3]
    assert find_weights(batch, None).tolist() == [1, 1]


def test_rows_are_drawn_from_all_over_the_splits(monkeypatch):
    def read(shard, count):
        numbers = pa.array([[shard * 1000 + number] for number in range(1000)], pa.large_list(pa.int64()))
        yield from pa.Table.from_arrays([numbers], ["number"]).to_batches(300)

    monkeypatch.setattr(rows, "list_shards", lambda examples, split: {"train": [0, 1], "test": [2]}[split])
    monkeypatch.setattr(rows, "read_batches", read)
    found = read_rows(None, ["train", "test"], 300)
    numbers = found.column(0).flatten().to_numpy()
    assert len(np.unique(numbers)) == 300
    assert np.bincount(numbers // 1000) == pytest.approx([100, 100, 100], abs=30)
    assert found.equals(read_rows(None, ["train", "test"], 300))
    assert len(read_rows(None, ["test"], 5000)) == 1000
    monkeypatch.setattr(rows, "list_shards", lambda examples, split: [])
    assert read_rows(None, ["test"], 5) is None
