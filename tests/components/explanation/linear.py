"""A linear model of rows as they are kept, whose explanation is known in closed form."""

import numpy as np
import pyarrow as pa

WEIGHTS = {"miles": 2.0, "fare": -0.5, "noise": 0.0}


def rows(count, seed=0):
    """Cells as tf.Examples have them: lists of one."""
    drawn = np.random.default_rng(seed).normal(size=(count, len(WEIGHTS)))
    columns = [pa.array(drawn[:, [place]].tolist(), pa.large_list(pa.float64())) for place in range(len(WEIGHTS))]
    return pa.RecordBatch.from_arrays(columns, list(WEIGHTS))


def numbers(batch):
    """[rows, features]"""
    return np.stack([column.flatten().to_numpy() for column in batch.columns], axis=1)


def ask(batch):
    return (numbers(batch) @ list(WEIGHTS.values()) + 3)[:, None]
