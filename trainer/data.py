"""Training data: transformed TFRecords as batches of columns and labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf


def read(
    patterns: Sequence[str],
    spec: Mapping[str, Any],
    label: str,
    batch_size: int,
    weight: str | None = None,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Returns batches of (columns, label) or (columns, label, weight), of gzipped TFRecords of tf.Example.

    The serialized rows are kept in memory after the first pass; with a seed each pass has its own order.
    """
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    rows = tf.data.TFRecordDataset(files, compression_type="GZIP", num_parallel_reads=len(files)).cache()
    if shuffle_seed is not None:
        rows = rows.shuffle(100_000, seed=shuffle_seed)

    def parse(serialized: tf.Tensor) -> tuple[Any, ...]:
        columns = tf.io.parse_example(serialized, spec)
        return columns, *(columns.pop(name) for name in (label, weight) if name)

    return rows.batch(batch_size).map(parse, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
