"""Moments, held against numpy; and the files that all that is learnt travels in."""

from pathlib import Path

import numpy as np
import pytest

from trainer.features.learnt import Learnt, Moments


def test_moments_of_parts_are_those_of_the_whole():
    numbers = np.random.default_rng(7).normal([0, 1e9, -3], [1, 10, 0], size=(1000, 3))
    numbers[::3, 0] = np.nan
    parts = [Moments.of(part) for part in np.array_split(numbers, [10, 11, 500])]
    whole = parts[3].add(parts[0]).add(parts[2].add(parts[1]))
    assert whole.count.tolist() == [666, 1000, 1000]
    np.testing.assert_allclose(whole.mean, np.nanmean(numbers, axis=0), rtol=1e-12)
    np.testing.assert_allclose(whole.deviation, np.nanstd(numbers, axis=0), rtol=1e-7, atol=1e-12)
    np.testing.assert_array_equal(whole.range, np.nanmax(numbers, axis=0) - np.nanmin(numbers, axis=0))


def test_moments_of_float32_are_those_of_the_numbers_that_it_holds():
    numbers = np.float32([[16777216], [16777218], [16777220]])
    assert Moments.of(numbers).mean == 16777218
    assert Moments.of(numbers).deviation == pytest.approx(np.sqrt(8 / 3))


@pytest.mark.parametrize("rows", [0, 3])
def test_of_no_number_the_mean_is_0_and_there_is_no_spread(rows):
    moments = Moments.of(np.full((rows, 1), np.nan))
    assert (moments.count[0], moments.mean[0], moments.deviation[0], moments.range[0]) == (0, 0, 0, 0)


def test_what_is_written_is_read(tmp_path):
    moments = Moments.of(np.array([[1.0, np.nan], [0.1, np.nan]]))
    vocabularies = {"colour": ["größe".encode(), b" ", b"\xff"], "review": [b"\0"]}
    learnt = Learnt({"all": moments}, {"fare": [0.1, 2.0]}, vocabularies)
    learnt.write(str(tmp_path))
    found = Learnt.read(str(tmp_path))
    for part, values in vars(moments).items():
        np.testing.assert_array_equal(getattr(found.moments["all"], part), values)
    assert (found.edges, found.vocabularies, found.sizes) == (learnt.edges, vocabularies, {"colour": 3, "review": 1})
    assert Path(found.find_vocabulary("colour")).read_bytes() == "größe\n \n".encode() + b"\xff\n"
