"""The steps of a series stand in their order, and only where each has one forecast that may be shown."""

import numpy as np
import pyarrow as pa
import pytest

from components.explanation.forecast import STEPS, find_order, follow
from components.explanation.rows import Answered
from configs.loading.loader import load
from configs.repository import ROOT
from configs.schema.label import Label

NUMBER = Label(name="sales", kind="regression")


@pytest.mark.parametrize(
    ("overrides", "order"),
    [
        ([], "day"),
        (["data.private=[day]"], None),
        (["data.private=[sales]"], None),
        (["data.window.horizon=[1, 2]", "features.horizon={kind: categorical, ids: 3}"], None),
        (["features.day={kind: categorical, vocabulary: 9}"], None),
    ],
)
def test_one_series_whose_order_is_a_feature_is_followed(overrides, order):
    assert find_order(load(ROOT / "configs" / "series_rnn.yaml", overrides)) == order


def test_rows_are_no_series():
    assert find_order(load(ROOT / "configs" / "taxi.yaml")) is None


def test_the_last_steps_come_in_their_order_with_the_offset_put_back():
    moments = np.random.default_rng(0).permutation(STEPS + 3).astype(float)
    cells = pa.array([*([moment] for moment in moments), None])
    rows = pa.RecordBatch.from_arrays([cells], ["day"])
    labels, answers = np.append(moments, 0)[:, None] * 2, np.append(moments, 0)[:, None] + np.array([[-1, 0.5, 1]])
    told = follow(Answered(rows, labels, answers, NUMBER.model_copy(update={"offset": 100.0})), "day")
    assert told == [[step, 2 * step + 100, step + 0.5] for step in np.arange(3.0, STEPS + 3).tolist()]
