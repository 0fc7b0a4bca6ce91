"""Federated averaging: clients train, each on its own rows, and their weights become one model's.

A simulation of McMahan et al., 2017, arXiv:1602.05629: an epoch is a round, in which the batches of one client after
another come by. `fit` knows nothing of it.
"""

from math import ceil
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from configs.schema.training import Federated, Training
from trainer.features.identity import CLIENT
from trainer.training.dataset import Batch, Feed, Rows
from trainer.training.regime import Regime

Tensor: TypeAlias = tf.Tensor
fold_in = tf.random.experimental.stateless_fold_in


class Federation(Regime):
    """A server, between whose rounds the clients train.

    `counts` are the rows of each client, `lengths` the steps that each takes in a round, and `chosen`, [rounds, some],
    who takes part in each. A round in which these take fewer steps than in another is filled up with more of the same,
    of which nothing is kept.
    """

    def __init__(self, options: Federated, seed: int) -> None:
        super().__init__()
        self.options, self.seed, self.length = options, seed, 0
        self.counts, self.lengths, self.chosen = (np.zeros(0, np.int64) for _ in range(3))
        self.fresh: list[np.ndarray] = []  # the optimizer's variables as a client begins
        self.shared: list[np.ndarray] = []  # the weights that all begin a round with
        self.sums: list[np.ndarray] = []

    def feed(self, rows: Rows, batch_size: int) -> Feed:
        """Returns the batches of the clients of each round, one client after another, each of its own rows alone."""
        columns, *_ = rows.gather(tf.range(rows.count))
        _, owners, self.counts = np.unique(columns[CLIENT].numpy(), return_inverse=True, return_counts=True)
        own = tf.RaggedTensor.from_row_lengths(np.argsort(owners.ravel(), kind="stable"), self.counts)
        self.lengths = self.options.local_epochs * -(-self.counts // batch_size)
        self.chosen = draw(self.options, len(self.counts), self.seed)
        self.length = int(self.lengths[self.chosen].sum(axis=1).max())
        chosen, local_epochs = tf.constant(self.chosen), self.options.local_epochs

        def make(epoch: Tensor) -> tf.data.Dataset:
            def see(client: Tensor, number: Tensor) -> tf.data.Dataset:
                seed = fold_in(fold_in(tf.stack([tf.constant(self.seed, tf.int64), epoch]), client), number)
                places = tf.data.Dataset.from_tensor_slices(tf.random.experimental.stateless_shuffle(own[client], seed))
                return places.batch(batch_size).map(lambda some: drop(rows.gather(some)))

            def train(client: Tensor) -> tf.data.Dataset:
                return tf.data.Dataset.range(local_epochs).flat_map(lambda number: see(client, number))

            return tf.data.Dataset.from_tensor_slices(chosen[epoch]).flat_map(train).repeat().take(self.length)

        return Feed(make, self.length)

    def suit(self, training: Training, steps: int) -> Training:
        """Returns the training whose epochs are rounds, between which alone a state is kept."""
        kept = steps * ceil(training.checkpoint_every / steps)
        rounds = {"epochs": self.options.rounds, "steps_per_execution": 1, "checkpoint_every": kept}
        return training.model_copy(update=rounds)

    def wrap(self, model: keras.Model) -> keras.Model:
        """Returns the model, or what holds it near to the weights that a round began with."""
        return Proximal(model, self.options.proximal) if self.options.proximal else model

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.fresh = read(self.model.optimizer.variables)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if isinstance(self.model, Proximal):
            self.model.hold()
        self.shared = read(self.model.weights)
        self.sums = [np.zeros_like(value) for value in self.shared]
        self.taking = self.chosen[epoch]
        self.ends = np.cumsum(self.lengths[self.taking]).tolist()
        self._begin()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch + 1 in self.ends:
            client = self.taking[self.ends.index(batch + 1)]
            share = self.counts[client] / self.counts[self.taking].sum()
            for known, found in zip(self.sums, read(self.model.weights), strict=True):
                known += share * found
            self._begin()
        if batch + 1 == self.length:
            write(self.model.weights, self.sums)

    def tell(self) -> dict[str, Any]:
        """Returns how many clients there are, how many take part in a round, and their rows."""
        clients, taking = len(self.counts), self.chosen.shape[1]
        fewest, most = int(self.counts.min()), int(self.counts.max())
        return {"federated": {"clients": clients, "chosen": taking, "fewest_rows": fewest, "most_rows": most}}

    def _begin(self) -> None:
        """Lets a client begin, with the weights of all and an optimizer that knows of no other; at the rate so far."""
        rate = float(self.model.optimizer.learning_rate)
        write(self.model.weights, self.shared)
        write(self.model.optimizer.variables, self.fresh)
        self.model.optimizer.learning_rate = rate


class Proximal(keras.Model):
    """A model whose loss grows with the way from the weights that it was held at last (FedProx; Li et al., 2020).

    arXiv:1812.06127, equation 2. The weights are those of another model.
    """

    def __init__(self, model: keras.Model, strength: float) -> None:
        super().__init__(model.input, model.output)
        self.strength = strength
        self.held = [keras.Variable(value, trainable=False) for value in read(model.trainable_variables)]

    def hold(self) -> None:
        """Holds the weights as they are."""
        write(self.held, read(self.trainable_variables))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not training:
            return loss
        pairs = zip(self.trainable_variables, self.held, strict=True)
        return loss + self.strength / 2 * sum(keras.ops.sum(keras.ops.square(each - held)) for each, held in pairs)


def draw(options: Federated, clients: int, seed: int) -> np.ndarray:
    """Returns who takes part in each round, int64 [rounds, some], in an order of its own."""
    random, some = np.random.default_rng(seed), max(1, round(options.fraction * clients))
    return np.stack([random.permutation(clients)[:some] for _ in range(options.rounds)])


def drop(batch: Batch) -> Batch:
    """Returns a batch that says no longer whose rows these are."""
    columns, *others = batch
    return {name: values for name, values in columns.items() if name != CLIENT}, *others


def read(variables: list[keras.Variable]) -> list[np.ndarray]:
    """Returns the values of variables."""
    return [np.array(variable) for variable in variables]


def write(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    """Gives variables their values."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
