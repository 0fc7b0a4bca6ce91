"""Numbers of several columns at once, each by its own option."""

import numpy as np
import pytest
import tensorflow as tf

from configs.schema.features import Numeric
from trainer.features.learnt import Moments
from trainer.features.numeric import cut, fill, scale, shrink


def option(**options):
    return Numeric(kind="numeric", **options)


def test_the_scale_of_a_column_is_that_of_its_option():
    options = [option(), option(scale="min_max"), option(scale="none"), option(scale="log")]
    numbers = np.float32([[0, 10, 3, 0], [2, 20, 4, np.e - 1], [4, 30, 5, 1 - np.e]])
    shrunk = shrink(options, tf.constant(numbers))
    moments = Moments.of(shrunk.numpy())
    spread = np.sqrt(1.5)  # one by the deviation of -1, 0, 1
    expected = [[-spread, 0, 3, 0], [0, 0.5, 4, spread], [spread, 1, 5, -spread]]
    np.testing.assert_allclose(scale(options, moments, shrunk), expected, rtol=1e-6)


def test_what_is_missing_is_the_mean_or_what_the_option_says_in_the_scale_of_the_column():
    options = [option(), option(impute=7.0), option(scale="log", impute=np.e - 1)]
    moments = Moments.of(np.array([[1.0, 1.0, 1.0], [3.0, 3.0, 3.0]]))
    filled = fill(options, moments, tf.constant([[np.nan] * 3, [5.0] * 3]))
    np.testing.assert_allclose(filled, [[2, 7, 1], [5, 5, 5]], rtol=1e-6)


def test_what_is_imputed_is_less_the_offset_as_the_numbers_are():
    options = [option(impute=1e9 + 7, offset=1e9)]
    filled = fill(options, Moments.of(np.array([[1.0], [3.0]])), tf.constant([[np.nan], [5.0]]))
    assert filled.numpy().tolist() == [[7], [5]]


@pytest.mark.parametrize("kind", ["z_score", "min_max", "log"])
@pytest.mark.parametrize("seen", [[[4.0], [4.0]], [[np.nan]]])
def test_a_column_without_a_spread_becomes_zeros(kind, seen):
    scaled = scale([option(scale=kind)], Moments.of(np.array(seen)), tf.constant([[4.0], [9.0], [np.nan]]))
    assert scaled.numpy().tolist() == [[0], [0], [0]]


def test_numbers_far_from_zero_keep_what_tells_them_apart():
    numbers = np.float32([[16_000_000], [16_000_001], [16_000_002]])
    scaled = scale([option()], Moments.of(numbers), tf.constant(numbers))
    np.testing.assert_allclose(scaled[:, 0], [-np.sqrt(1.5), 0, np.sqrt(1.5)], rtol=1e-6)


def test_an_edge_belongs_to_the_bucket_above_it():
    ids = cut({"a": [1.0, 2.0], "b": [0.0]}, tf.constant([[0.9, -1.0], [1.0, 0.0], [2.0, 5.0]]))
    assert {name: tensor.numpy().tolist() for name, tensor in ids.items()} == {
        "a": [[0], [1], [2]],
        "b": [[0], [1], [1]],
    }
    assert cut({}, tf.zeros([3, 0])) == {}
