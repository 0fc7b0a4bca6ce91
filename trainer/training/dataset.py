"""Training data: transformed TFRecords as batches of columns and labels."""

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from configs.errors import MillraceError
from configs.memory import measure_free
from configs.quantities import count
from configs.schema.training import Training
from trainer.training.row_count import count_rows
from trainer.training.share import WHOLE, Share

Batch = tuple[Any, ...]  # columns by name, the label, and the weight where rows have one
ALIGNED = 64  # bytes, to which TensorFlow's memory is
CHUNK = 4096  # rows that are parsed at once
SHARE = 0.25  # of the free memory, that the rows of a split may take
OPEN = 16  # shards that are read at a time, a row of each in turn: neither their number nor their sizes take memory
SHUFFLED = 1 << 27  # bytes of rows of which the next is drawn: not a share of the memory, on which no order may depend


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

    def change(self, change: Callable[[Batch, tf.Tensor], Batch], seed: int) -> "Feed":
        """Returns a feed whose batches are changed at random: at each step of each epoch by a seed of its own."""

        def make(epoch: tf.Tensor) -> tf.data.Dataset:
            def apply(number: tf.Tensor, batch: Batch) -> Batch:
                step = tf.stack([tf.constant(seed, tf.int64), epoch * self.steps + number])
                return change(batch, step)

            return self.make(epoch).enumerate().map(apply, num_parallel_calls=tf.data.AUTOTUNE)

        return Feed(make, self.steps)

    def once(self) -> tf.data.Dataset:
        """Returns the batches of one epoch."""
        return self.make(tf.constant(0, tf.int64))

    def stream(self, start: int = 0) -> tf.data.Dataset:
        """Returns epoch after epoch without an end, from a step on, that of the first epoch being 0."""
        first, done = divmod(start, self.steps)
        epochs = tf.data.Dataset.range(first, tf.int64.max)
        batches = epochs.flat_map(lambda epoch: self.make(epoch).skip(done * tf.cast(epoch == first, tf.int64)))
        return batches.prefetch(tf.data.AUTOTUNE)


@dataclass(frozen=True)
class Examples:
    """Rows as Transform made them: columns by name, the label [rows, width], and the weight of each, if any."""

    columns: Mapping[str, np.ndarray]
    label: np.ndarray
    weight: np.ndarray | None = None

    def take(self, chosen: np.ndarray) -> "Examples":
        """Returns those rows alone for which there is a True."""
        columns = {name: values[chosen] for name, values in self.columns.items()}
        return Examples(columns, self.label[chosen], None if self.weight is None else self.weight[chosen])


def set_seed(seed: int) -> None:
    """Makes whatever is drawn at random depend on a seed.

    TensorFlow's own is never 0: tf.data would then ask whether an epoch's seed, a tensor, is 0 as well, and fail.
    """
    keras.utils.set_random_seed(seed)
    tf.random.set_seed(seed or 1)


def pick(rows: tf.data.Dataset, names: Collection[str]) -> tf.data.Dataset:
    """Returns the batches with these columns alone: Keras tells columns by their order, and one too many shifts it."""
    return rows.map(lambda columns, *others: ({name: columns[name] for name in names}, *others))


def choose_batch(training: Training, rows: int) -> int:
    """Returns the size of a batch: where it is `auto`, the power of two that makes about a hundred of an epoch."""
    if training.batch_size != "auto":
        return training.batch_size
    return int(np.clip(2 ** round(np.log2(max(rows, 1) / 100)), 32, 1024))


class Rows:
    """The rows of a split, of gzipped TFRecords of tf.Example: held in memory, else read anew in every epoch.

    An epoch's order depends on the seed and on the epoch's number alone, so that a training can go on from any step.
    Of a split that workers share, `whole` rows, these are the `count` of one: each has as many, or steps that all take
    together would lack somebody's, and fewer rows than there are workers are nobody's.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        spec: Mapping[str, Any],
        label: str,
        weight: str | None,
        training: Training,
        share: Share = WHOLE,
    ) -> None:
        self.files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
        self.spec, self.names, self.training = spec, [name for name in (label, weight) if name], training
        self.factors: tf.Tensor | None = None  # of the weight, by the id of the class
        self.whole, self.width, self.share = count_rows(self.files), sum(map(_measure, spec.values())), share
        self.count = self.whole // share.workers
        if self.whole and not self.count:
            what = f"{share.workers} workers are to share {count(self.whole, 'row')}."
            raise MillraceError(what, str(PurePath(self.files[0]).parent), "Set training.workers to 1.")
        self.held = self._hold()

    def feed(self, batch_size: int) -> Feed:
        """Returns the rows in an order of each epoch's own."""
        return Feed(lambda epoch: self._batch(batch_size, epoch), -(-self.count // batch_size))

    def sample(self, chance: float, steps: int, key: int) -> Feed:
        """Returns batches of each of which every row is, or is not, by a chance of its own (Poisson sampling).

        An epoch has so many steps; what is drawn depends on the key and on the step alone. The rows are in memory.
        """

        def make(epoch: tf.Tensor) -> tf.data.Dataset:
            def draw(number: tf.Tensor) -> Batch:
                step = tf.stack([tf.constant(key, tf.int64), epoch * steps + number])
                drawn = tf.random.stateless_uniform([self.count], step, dtype=tf.float64)
                return self.gather(tf.where(drawn < chance)[:, 0])

            return tf.data.Dataset.range(steps).map(draw, num_parallel_calls=tf.data.AUTOTUNE)

        return Feed(make, steps)

    def gather(self, places: tf.Tensor) -> Batch:
        """Returns the rows at some places, of rows that are held in memory."""
        found = tf.nest.map_structure(lambda part: tf.gather(part, places), self.held)
        return found if self.factors is None else self._weigh(*found)

    def batches(self, batch_size: int) -> tf.data.Dataset:
        """Returns the rows in the order in which they lie."""
        return self._batch(batch_size, None).prefetch(tf.data.AUTOTUNE)

    def take(self, chosen: np.ndarray) -> "Rows":
        """Returns those rows alone for which there is a True, of rows that are held in memory."""
        found = copy(self)
        with tf.device("CPU:0"):
            found.held = tf.nest.map_structure(lambda part: tf.boolean_mask(part, chosen), self.held)
        found.count = int(chosen.sum())
        return found

    def weigh(self, weights: Mapping[str, float] | Literal["balanced"], classes: Sequence[str]) -> None:
        """Makes rows count by their class as well, so that all together count as before."""
        masses = np.zeros(len(classes))
        for _, label, *weight in self._chunks() if self.held is None else [self.held]:
            masses += np.bincount(np.ravel(label), np.ravel(weight[0]) if weight else None, len(classes))
        masses = self.share.gather(masses).sum(axis=0)
        if isinstance(weights, str):
            factors = 1 / np.maximum(masses, 1e-9)
        else:
            factors = np.array([weights.get(name, 1.0) for name in classes])
        with tf.device("CPU:0"):
            self.factors = tf.constant(factors * masses.sum() / (factors @ masses), tf.float32)

    def _batch(self, size: int, epoch: tf.Tensor | None) -> tf.data.Dataset:
        seed = tf.constant(self.training.seed, tf.int64)
        if self.held is None:
            rows = self._read_files(epoch)
            if epoch is not None:
                rows = rows.shuffle(min(self.training.shuffle, max(size, SHUFFLED // self.width)), seed=seed + epoch)
            batches = rows.batch(size).map(self._parse, num_parallel_calls=tf.data.AUTOTUNE)
            return batches if self.factors is None else batches.map(self._weigh)
        places = tf.range(self.count)
        if epoch is not None:
            places = tf.random.experimental.stateless_shuffle(places, tf.stack([seed, epoch]))
        return tf.data.Dataset.range(-(-self.count // size)).map(
            lambda number: self.gather(places[number * size : (number + 1) * size]),
            num_parallel_calls=tf.data.AUTOTUNE,
        )

    def _weigh(self, columns: Any, label: tf.Tensor, weight: tf.Tensor | float = 1.0) -> Batch:
        return columns, label, tf.gather(self.factors, label) * weight

    def _read_files(self, epoch: tf.Tensor | None = None) -> tf.data.Dataset:
        """Returns the rows, of OPEN shards at a time; where there are more, these come in an order of the epoch's."""
        files, wide = tf.constant(self.files), min(OPEN, len(self.files))
        if epoch is not None and len(self.files) > OPEN:
            seed = tf.stack([tf.constant(self.training.seed, tf.int64), epoch])
            files = tf.gather(files, tf.random.experimental.stateless_shuffle(tf.range(len(self.files)), seed))
        records = tf.data.TFRecordDataset(files, compression_type="GZIP", num_parallel_reads=wide)
        return self.share.read(records, self.count)

    def _parse(self, serialized: tf.Tensor) -> Batch:
        columns = tf.io.parse_example(serialized, self.spec)
        return columns, *(columns.pop(name) for name in self.names)

    def _chunks(self) -> tf.data.Dataset:
        chunks = self._read_files().batch(CHUNK).map(self._parse, num_parallel_calls=tf.data.AUTOTUNE)
        return chunks.prefetch(tf.data.AUTOTUNE)

    def _hold(self) -> Batch | None:
        """Returns the rows, where they fit into what `training.cache` allows.

        Each part is one array, which is filled as the rows come: they are never there twice.
        """
        limits = {"none": 0.0, "memory": float("inf"), "auto": SHARE * measure_free()}
        if not self.count or self.whole * self.width > limits[self.training.cache]:
            return None
        parts = {name: allocate((self.count, *each.shape), each.dtype) for name, each in self.spec.items()}
        columns = {name: part for name, part in parts.items() if name not in self.names}
        whole, start = (columns, *(parts[name] for name in self.names)), 0
        for chunk in self._chunks().as_numpy_iterator():
            end = start + len(tf.nest.flatten(chunk)[0])
            for part, rows in zip(tf.nest.flatten(whole), tf.nest.flatten(chunk), strict=True):
                part[start:end] = rows
            start = end
        if start != self.count:
            what = f"These files have {start:,} rows, and the columns beside them {self.count:,}."
            raise MillraceError(what, str(PurePath(self.files[0]).parent), "Run again with --no-cache.")
        with tf.device("CPU:0"):
            held: Batch = tf.nest.map_structure(share, whole)
        return held


def allocate(shape: Sequence[int], dtype: tf.DType) -> np.ndarray:
    """Returns an array whose memory a tensor can take over: it begins where TensorFlow's does."""
    kind = np.dtype(dtype.as_numpy_dtype)
    if kind.hasobject:
        return np.empty(shape, kind)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    memory = np.empty(size + ALIGNED, np.uint8)
    start = -memory.ctypes.data % ALIGNED
    return memory[start : start + size].view(kind).reshape(shape)


def share(array: np.ndarray) -> tf.Tensor:
    """Returns a tensor of the same memory; of texts, which have none of their own, a copy."""
    if array.dtype.hasobject:
        return tf.constant(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def _measure(feature: tf.io.FixedLenFeature) -> int:
    """Returns how many bytes a feature takes of a row."""
    return int(feature.dtype.size * np.prod(feature.shape, dtype=np.int64))


def read(rows: Rows) -> Examples:
    """Returns all rows of a split in the order in which they lie, with what they weigh."""
    batches = list(rows.batches(CHUNK).as_numpy_iterator())
    columns = {name: np.concatenate([batch[0][name] for batch in batches]) for name in batches[0][0]}
    label, *weight = (np.concatenate(parts) for parts in list(zip(*batches, strict=True))[1:])
    return Examples(columns, label, *weight)
