"""What is done here of a training that several workers share: which rows are read, and who writes what comes of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class Share:
    """One of so many equal parts: that of the worker of this number; all of it where nobody else takes part."""

    number: int = 0
    workers: int = 1

    @classmethod
    def here(cls) -> "Share":
        """Returns the part of this process, by the strategy in whose scope it is asked."""
        strategy = tf.distribute.get_strategy()
        if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            return cls()
        resolver = strategy.cluster_resolver
        return cls(resolver.task_id, resolver.cluster_spec().num_tasks("worker"))

    @property
    def leads(self) -> bool:
        """Whether this worker writes what all have made."""
        return self.number == 0

    def read(self, records: tf.data.Dataset, most: int) -> tf.data.Dataset:
        """Returns the records of this part, of `workers` that follow one another one, and no more than `most`."""
        return records if self.workers == 1 else records.shard(self.workers, self.number).take(most)

    def spread(self, batches: tf.data.Dataset) -> Any:
        """Returns what Keras takes for this worker's part of each batch; it would divide a dataset's batches itself."""
        if self.workers == 1:
            return batches
        return tf.distribute.get_strategy().distribute_datasets_from_function(lambda context: batches)

    def gather(self, values: np.ndarray) -> np.ndarray:
        """Returns what each worker has, [workers, ...]: all are to ask, each with as many values."""
        if self.workers == 1:
            return values[None]
        return np.asarray(tf.distribute.get_strategy().gather(tf.constant(values[None]), axis=0))


WHOLE = Share()
