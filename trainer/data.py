"""Training data: transformed TFRecords as batches of columns and labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf


@dataclass(frozen=True)
class Feed:
    """The batches of a training: `make` returns the `steps` of an epoch, by its number (an int64 tensor)."""

    make: Callable[[tf.Tensor], tf.data.Dataset]
    steps: int

    @classmethod
    def of(cls, rows: "Feed | tf.data.Dataset") -> "Feed":
        """Returns a feed as it is, and of a dataset one whose epochs are all that dataset."""
        if isinstance(rows, Feed):
            return rows
        steps = int(rows.cardinality())
        return cls(lambda epoch: rows, steps if steps >= 0 else sum(1 for _ in rows))

    def once(self) -> tf.data.Dataset:
        """Returns the batches of one epoch."""
        return self.make(tf.constant(0, tf.int64))

    def stream(self, start: int = 0) -> tf.data.Dataset:
        """Returns epoch after epoch without an end, from a step on, that of the first epoch being 0."""
        first, done = divmod(start, self.steps)
        epochs = tf.data.Dataset.range(first, tf.int64.max)
        batches = epochs.flat_map(lambda epoch: self.make(epoch).skip(done * tf.cast(epoch == first, tf.int64)))
        return batches.prefetch(tf.data.AUTOTUNE)


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
