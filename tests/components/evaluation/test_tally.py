"""Metrics by slice without TFMA, and their intervals."""

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score
from tensorflow_model_analysis.api import types
from tensorflow_model_analysis.proto.config_pb2 import SlicingSpec
from tensorflow_model_analysis.slicer import slicer_lib as slicer

from components.evaluation import sums
from components.evaluation.results import slice_name
from components.evaluation.slice_extractor import find_slices
from components.evaluation.tally import (
    Estimate,
    Tally,
    find_labels,
    find_members,
    find_weights,
    jackknife,
    list_bars,
    list_missed,
)
from configs.schema.evaluation import Threshold
from configs.schema.label import Label

ROWS = 3000
THRESHOLDS = {"auc": Threshold(min=0.8, max_drop=0.01), "log_loss": Threshold(max=0.5), "f1": Threshold(max_drop=0.1)}


def tally(label, slices, batches):
    """The estimates of batches by slice and metric."""
    made = Tally(label, slices)
    for batch in batches:
        made.add(*batch)
    return {(each.slice, each.metric): each for each in made.estimate()}


@pytest.fixture
def rows():
    random = np.random.default_rng(3)
    labels = random.integers(0, 2, (ROWS, 1))
    answers = np.clip(0.3 * labels + random.uniform(0, 0.7, (ROWS, 1)), 0.01, 0.99)
    batch = pa.RecordBatch.from_pydict({"place": ["a", "b", "b"] * (ROWS // 3), "day": [1, 2] * (ROWS // 2)})
    return batch, labels, answers, np.ones(ROWS)


@pytest.fixture
def binary():
    return Label(name="tip", kind="binary")


def test_metrics_by_slice_whatever_the_batches(rows, binary):
    whole = tally(binary, [[], ["place"], ["place", "day"]], [rows])
    parts = [[each[at] for each in rows[1:]] for at in (slice(0, 1000), slice(1000, ROWS))]
    halves = [(rows[0].slice(0, 1000), *parts[0]), (rows[0].slice(1000), *parts[1])]
    assert tally(binary, [[], ["place"], ["place", "day"]], halves) == whole
    assert {name for name, _ in whole} == {
        "Overall", "place=a", "place=b", "day=1, place=a", "day=1, place=b", "day=2, place=a", "day=2, place=b",
    }  # fmt: skip
    _, labels, answers, _ = rows
    of_b = np.arange(ROWS) % 3 > 0
    assert whole["place=b", "example_count"].value == of_b.sum()
    assert whole["place=b", "auc"].value == pytest.approx(roc_auc_score(labels[of_b], answers[of_b]), abs=1e-4)
    assert whole["place=b", "accuracy"].value == ((answers > 0.5) == labels)[of_b].mean()


def test_an_interval_holds_the_truth_as_often_as_it_says(binary):
    batch, held = pa.RecordBatch.from_pydict({"place": ["a"] * 400}), 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        labels = random.integers(0, 2, (400, 1))
        answers = np.where(random.random((400, 1)) < 0.8, labels, 1 - labels) * 0.8 + 0.1
        found = tally(binary, [[]], [(batch, labels, answers, np.ones(400))])["Overall", "accuracy"]
        held += found.low <= 0.8 <= found.high
    assert 90 <= held <= 99


def test_the_jackknife_of_a_mean_is_student_s_interval():
    values = np.random.default_rng(0).normal(5, 2, 20)
    groups = [sums.AbsoluteError().take(np.array([value]), np.zeros(1), np.ones(1)) for value in abs(values)]
    value, low, high = jackknife(sums.AbsoluteError(), groups)
    expected = stats.t.interval(0.95, 19, loc=abs(values).mean(), scale=stats.sem(abs(values)))
    assert (low, high) == pytest.approx(expected)
    assert value == pytest.approx(abs(values).mean())


def test_rows_that_tell_nothing_of_an_interval_have_none(binary):
    batch = pa.RecordBatch.from_pydict({"place": ["a"] * 40})
    ones, right = np.ones((40, 1), int), np.full((40, 1), 0.9)
    found = tally(binary, [[]], [(batch, ones, right, np.ones(40))])
    assert (found["Overall", "accuracy"].value, found["Overall", "accuracy"].low) == (1.0, None)
    assert ("Overall", "auc") not in found


def test_shares_stay_between_0_and_1(binary):
    batch = pa.RecordBatch.from_pydict({"place": ["a"] * 40})
    labels = np.array([[1], [0]] * 20)
    answers = np.where(np.arange(40)[:, None] == 0, 0.3, labels * 0.8 + 0.1)
    found = tally(binary, [[]], [(batch, labels, answers, np.ones(40))])["Overall", "accuracy"]
    assert found.high == 1.0
    assert 0.8 < found.low < found.value == 39 / 40


def test_slices_are_those_of_tfma():
    columns = {
        "place": pa.array(["port", "town", None, "größe"]),
        "hour": pa.array([1, 2, 2, None], pa.int64()),
        "fare": pa.array([0.1, 2.0, 0.1, 1e9], pa.float32()),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    slices = [[], ["place"], ["hour", "place"], ["fare"], ["hour"]]
    extracts = {
        "labels": np.ones((4, 1)),
        "features": {name: _as_tfma_has_it(cells) for name, cells in columns.items()},
    }
    found = find_slices(extracts, [SlicingSpec(feature_keys=each) for each in slices], several=False)
    expected = {slice_name(slicer.serialize_slice_key(key)): rows for key, rows in found.items()}
    assert {name: rows.tolist() for name, rows in find_members(batch, slices).items()} == expected


def _as_tfma_has_it(cells):
    """A column as TFMA's batches hold it: a list a row."""
    encoded = [cell.encode() if isinstance(cell, str) else cell for cell in cells.to_pylist()]
    kind = object if pa.types.is_string(cells.type) else cells.type.to_pandas_dtype()
    values = np.array([cell for cell in encoded if cell is not None], kind)
    ends = np.cumsum([0, *(cell is not None for cell in encoded)])
    return types.RaggedTensorValue(values, [ends])


def test_a_row_is_in_the_slice_of_each_of_its_values_and_in_none_without():
    batch = pa.RecordBatch.from_pydict(
        {"tags": [["x", "y", "x"], [], None, ["y"]], "fare": pa.array([0.5, 1, 2, None], pa.float32())}
    )
    found = {name: rows.tolist() for name, rows in find_members(batch, [["tags"], ["fare"], ["tags", "fare"]]).items()}
    assert found == {
        "tags=x": [0], "tags=y": [0, 3],
        "fare=0.5": [0], "fare=1.0": [1], "fare=2.0": [2],
        "fare=0.5, tags=x": [0], "fare=0.5, tags=y": [0],
    }  # fmt: skip


def test_labels_are_as_the_evaluator_has_them():
    batch = pa.RecordBatch.from_pydict({"tipped": [1, None, 0]})
    labels, there = find_labels(batch, Label(name="tipped", kind="binary"))
    assert (labels[there].tolist(), there.tolist()) == ([[1], [0]], [True, False, True])
    several = Label(name="tipped", kind="multilabel", classes=("a", "b", "c"))
    batch = pa.RecordBatch.from_pydict({"tipped": pa.array([[0, 2], None, [1]], pa.list_(pa.int64()))})
    labels, there = find_labels(batch, several)
    assert (labels.tolist(), there.all()) == ([[1, 0, 1], [0, 0, 0], [0, 1, 0]], True)


def test_rows_weigh_what_the_data_says():
    batch = pa.RecordBatch.from_pydict({"heavy": pa.array([0.5, 2.0], pa.float32())})
    assert find_weights(batch, None).tolist() == [1, 1]
    np.testing.assert_array_equal(find_weights(batch, "heavy"), [0.5, 2])


def test_the_bar_is_what_a_metric_has_to_reach_by_itself():
    assert list_bars(THRESHOLDS) == {"auc": {"min": 0.8}, "log_loss": {"max": 0.5}}


@pytest.mark.parametrize(
    ("auc", "loss", "expected"),
    [
        (0.8, 0.5, []),
        (0.79, 0.5, ["auc (Overall) is 0.7900, below 0.8"]),
        (0.9, 0.6, ["log_loss (Overall) is 0.6000, above 0.5"]),
    ],
)
def test_all_rows_together_are_held_against_it(auc, loss, expected):
    metrics = [Estimate("Overall", "auc", auc), Estimate("Overall", "log_loss", loss), Estimate("a=1", "auc", 0.1)]
    assert [str(missed) for missed in list_missed(THRESHOLDS, metrics)] == expected


def test_what_the_rows_do_not_tell_is_not_reached():
    [missed] = list_missed({"auc": Threshold(min=0.8)}, [Estimate("Overall", "accuracy", 1.0)])
    assert str(missed) == "auc (Overall): the rows do not tell it"
