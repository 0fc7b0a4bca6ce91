"""Keras's `fit` for workers that share a training: what it knows of a batch, and what it makes of a step's figures."""

from contextlib import AbstractContextManager
from typing import Any

import keras
import tensorflow as tf

from components.patches.ledger import WORKERS, applied


def fit_together() -> AbstractContextManager[None]:
    """Lets Keras's `fit` be one training of all workers; raises MillraceError with a Keras that is not tested."""
    return applied(
        WORKERS,
        **{
            "TensorFlowTrainer._maybe_symbolic_build": lambda stock: build_by_own_batch,
            "_collective_all_reduce_multi_worker": lambda stock: never,
        },
    )


def build_by_own_batch(model: keras.Model, iterator: Any = None, data_batch: Any = None) -> None:
    """Stands in for `_maybe_symbolic_build`: makes what a model lacks by the shapes of a batch of this worker's own."""
    parts = (*model._flatten_layers(), model._compile_metrics, model._compile_loss, model.optimizer)
    if all(part is None or part.built for part in parts):
        return  # a batch would cost an iterator, which is a fifth of a second
    strategy: tf.distribute.Strategy = model.distribute_strategy
    if iterator is not None:
        batch = next(found for _, _, batches in iterator for found in batches)
        data_batch = tf.nest.map_structure(lambda part: strategy.experimental_local_results(part)[0], batch)
    with strategy.scope():
        model._symbolic_build(data_batch=data_batch)


def never(strategy: tf.distribute.Strategy) -> bool:
    """Stands in for `_collective_all_reduce_multi_worker`: metrics are merged as they are read, and need no more."""
    return False
