"""What tells rows apart, by what their cells hold: in training, and in a graph that was exported, to the last bit."""

import tensorflow as tf

from trainer.features.cells import Cells

ROW, CLIENT = "all.row", "all.client"  # unlike what any feature's own columns are called
DIGITS = 17  # after which no two float64 are spelled alike
END, NEXT = "\0", "\1"  # of a cell, and of a number in a list


def identify(cells: Cells) -> tf.Tensor:
    """Returns int64 [batch, 1]: equal for equal rows, whatever the batch, and hardly ever for others."""
    told = tf.concat([_tell(cells[name]) for name in sorted(cells)], axis=1)
    return tf.strings.to_hash_bucket_fast(tf.strings.reduce_join(told, axis=1, separator=END), tf.int64.max)[:, None]


def number(values: tf.Tensor) -> tf.Tensor:
    """Returns int64 of the same shape: equal for equal texts or numbers, and hardly ever for others."""
    return tf.strings.to_hash_bucket_fast(_spell(values), tf.int64.max)


def _tell(cells: tf.Tensor | tf.SparseTensor) -> tf.Tensor:
    """Return the texts of cells [batch, any]; one for each row of lists."""
    if isinstance(cells, tf.SparseTensor):
        rows, count = cells.indices[:, 0], cells.dense_shape[0]
        return tf.strings.unsorted_segment_join(_spell(cells.values), rows, count, NEXT)[:, None]
    return _spell(cells)


def _spell(values: tf.Tensor) -> tf.Tensor:
    if values.dtype.is_floating:
        return tf.strings.as_string(values, precision=DIGITS, scientific=True)
    return values if values.dtype == tf.string else tf.strings.as_string(values)
