import numpy as np
import pyarrow as pa
import pytest

from components.explanation.dependence import POINTS, ROWS, depend
from tests.components.explanation.linear import WEIGHTS, ask, rows


def test_of_a_linear_model_it_is_a_line():
    batch = rows(1000)
    found = depend(ask, batch, "fare")
    assert len(found.values) == POINTS
    rest = np.array(ask(batch.slice(0, ROWS))).mean() - WEIGHTS["fare"] * np.mean(
        batch.column(1).flatten().to_numpy()[:ROWS]
    )
    np.testing.assert_allclose(np.ravel(found.answers), rest + WEIGHTS["fare"] * np.array(found.values), atol=1e-9)


def test_of_texts_and_ids_the_frequent_ones_are_asked():
    names = pa.array([[b"Sun"], [b"Moon"], [b"Sun"], [b"Moon"], [b"once"], None], pa.large_list(pa.large_binary()))
    ids = pa.array([[3], [3], [5], [5], [7], [5]], pa.large_list(pa.int64()))
    batch = pa.RecordBatch.from_arrays([names, ids], ["company", "area"])

    def ask_area(given):
        return given.column(1).flatten().to_numpy().astype(float)[:, None]

    assert depend(ask_area, batch, "company").values == ["Moon", "Sun"]
    assert depend(ask_area, batch, "area").answers == [[3.0], [5.0]]
    mixed = pa.array([[b"10"], [b"9"], [b"a"]] * 2, pa.large_list(pa.large_binary()))
    told = depend(lambda given: np.zeros((len(given), 1)), pa.RecordBatch.from_arrays([mixed], ["it"]), "it")
    assert told.values == ["9", "10", "a"]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([[1.0, 2.0], [3.0, 4.0]], pa.large_list(pa.float64())),
        pa.array([None, None], pa.large_list(pa.float64())),
        pa.array([[b"a"], [b"b"]], pa.large_list(pa.large_binary())),
        pa.array([[b"\x89PNG"], [b"\x89PNG"], [b"\xff\xd8"], [b"\xff\xd8"]], pa.large_list(pa.large_binary())),
    ],
)
def test_what_is_no_single_value_has_none(cells):
    assert depend(lambda batch: np.zeros((len(batch), 1)), pa.RecordBatch.from_arrays([cells], ["it"]), "it") is None
