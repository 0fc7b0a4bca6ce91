"""Samples are cells as they are, each drawn by what it holds."""

import pyarrow as pa

from components.explanation.samples import EACH, STEPS, choose_samples

ROWS = pa.RecordBatch.from_arrays(
    [
        pa.array([[], None, *([f"text {number}".encode()] for number in range(9))]),
        pa.array([[float(row), *([0.123456789] * 99)] for row in range(11)]),
        pa.array([[0.0, 8.0, 16.0, 4.0]] * 11),
        pa.array([[]] * 11, pa.list_(pa.float64())),
    ],
    ["text", "past", "picture", "empty"],
)


def test_texts_pictures_and_series_show_their_first_cells():
    told = choose_samples(ROWS, ["text", "past", "picture"], {"picture": (2, 2, 1, 16.0)})
    assert [item["feature"] for item in told] == ["text", "past", "picture"]
    text, past, picture = (item["cells"] for item in told)
    assert text == [{"text": f"text {number}"} for number in range(EACH)]
    assert past == [{"series": [0.12346] * STEPS}] * EACH
    assert [list(cell) for cell in picture] == [["image"]] * EACH
    assert picture[0]["image"].startswith("data:image/png;base64,")


def test_a_feature_without_any_value_has_no_sample():
    assert choose_samples(ROWS, ["empty"], {}) == [{"feature": "empty", "cells": []}]
    assert choose_samples(ROWS, [], {}) == []
