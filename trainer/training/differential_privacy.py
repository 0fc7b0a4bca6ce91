"""Differential privacy: gradients of single rows, clipped and blurred, and what they spend.

This is DP-SGD (Abadi et al., 2016, arXiv:1607.00133): what a weight learns of a row is drowned by noise.
"""

import secrets
from dataclasses import asdict, dataclass
from functools import partial
from math import ceil
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema.privacy import Budget
from trainer.training.dataset import Batch, Feed, Rows
from trainer.training.regime import Regime

Tensor: TypeAlias = tf.Tensor
MOST = 256  # rows that are differentiated at once
BYTES = 1 << 26  # that their gradients may take, float32
INTERVAL = 1e-3  # of the accountant's grid: the coarser, the more it says is spent, and never too little
TOLERANCE = 1e-3  # of the noise
BITS = 63  # of a secret seed
fold_in = tf.random.experimental.stateless_fold_in


@dataclass(frozen=True)
class Mechanism:
    """What each step of a training does with its rows: it draws every one by a chance, clips, adds up, and adds noise.

    `noise` is the standard deviation in parts of `clip`. `trainings` of `steps` steps each learn from the same rows.
    """

    rows: int
    batch_size: int
    steps: int
    clip: float
    noise: float
    delta: float
    trainings: int = 1

    @classmethod
    def plan(cls, budget: Budget, rows: int, batch_size: int, steps: int) -> "Mechanism":
        """Returns that of the least noise with which all trainings together spend no more than the budget."""
        delta = 1 / rows if budget.delta == "auto" else budget.delta
        noise = calibrate(budget.epsilon, delta, min(1.0, batch_size / rows), steps * budget.trainings)
        return cls(rows, batch_size, steps, budget.clip, noise, delta, budget.trainings)

    @property
    def chance(self) -> float:
        """How likely a row is to be in a batch."""
        return min(1.0, self.batch_size / self.rows)

    def spend(self, steps: int) -> float:
        """Returns the epsilon of so many steps in this training, and of all in the others."""
        return account(self.noise, self.chance, steps + self.steps * (self.trainings - 1), self.delta)


def account(noise: float, chance: float, steps: int, delta: float) -> float:
    """Returns the epsilon, at a delta, of so many steps of the sampled Gaussian mechanism.

    By its privacy loss distribution (Doroshenko et al., 2022, arXiv:2207.04380), of rows that are there or not.
    """
    ledger = open_ledger()
    ledger.compose(describe(noise, chance, steps))
    return float(ledger.get_epsilon(delta))


def calibrate(epsilon: float, delta: float, chance: float, steps: int) -> float:
    """Returns the least noise, to a thousandth, with which so many steps spend no more than epsilon at a delta."""
    from dp_accounting import calibrate_dp_mechanism  # only here: it takes a second to load, and few trainings need it

    noises = partial(describe, chance=chance, steps=steps)
    return float(calibrate_dp_mechanism(open_ledger, noises, epsilon, delta, tol=TOLERANCE))


def open_ledger() -> Any:
    """Returns what adds up what is spent; it has spent nothing."""
    from dp_accounting.pld import PLDAccountant

    return PLDAccountant(value_discretization_interval=INTERVAL)


def describe(noise: float, chance: float, steps: int) -> Any:
    """Returns so many steps, as a ledger takes them."""
    from dp_accounting import GaussianDpEvent, PoissonSampledDpEvent, SelfComposedDpEvent

    return SelfComposedDpEvent(PoissonSampledDpEvent(chance, GaussianDpEvent(noise)), steps)


class Ledger(Regime):
    """Makes a training follow a mechanism, and ends it with MillraceError before it spends more than was planned."""

    def __init__(self, mechanism: Mechanism) -> None:
        super().__init__()
        self.mechanism, self.resting = mechanism, dict[str, np.ndarray]()

    def feed(self, rows: Rows, batch_size: int) -> Feed:
        """Returns batches that are drawn by a secret seed."""
        return rows.sample(self.mechanism.chance, ceil(rows.count / batch_size), secrets.randbits(BITS))

    def wrap(self, model: keras.Model) -> "Private":
        """Returns what trains in place of a model; raises MillraceError for one whose rows cannot be told apart."""
        recurrent = next((each for each in model._flatten_layers() if isinstance(each, keras.layers.RNN)), None)
        if recurrent:
            raise _refuse(f"The layer {recurrent.name} is recurrent, and has no gradient of each row by itself here.")
        self.resting = {weight.path: np.array(weight) for weight in model.non_trainable_weights}
        return Private(model, self.mechanism)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.steps + self.model.steps_per_execution > self.mechanism.steps:
            what = f"Step {self.steps + 1} would spend more than privacy.epsilon, which is planned for"
            remedy = "Say how long the training is by training.steps or training.epochs: the noise is planned by these."
            raise MillraceError(f"{what} {self.mechanism.steps} steps.", "Trainer", remedy)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch < self.model.steps_per_execution:
            self._require_rest()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._require_rest()

    @property
    def steps(self) -> int:
        """How many steps the training has taken, those before it was killed among them."""
        return int(self.model.optimizer.iterations)

    def tell(self) -> dict[str, Any]:
        """Returns what was spent, and by what."""
        spent = {"epsilon": self.mechanism.spend(self.steps), "steps": self.steps}
        return {"privacy": asdict(self.mechanism) | spent}

    def _require_rest(self) -> None:
        """Raises MillraceError where something beside the gradients has learnt of rows, as BatchNormalization does."""
        for weight in self.model.non_trainable_weights:
            if weight.path in self.resting and not np.array_equal(np.array(weight), self.resting[weight.path]):
                raise _refuse(f"The weight {weight.path} changes with the rows, without noise.")


def _refuse(what: str) -> MillraceError:
    return MillraceError(what, "privacy.epsilon", "Take another layer in its place, or leave privacy.epsilon out.")


class Private(keras.Model):
    """A model whose steps follow a mechanism, with the weights of another."""

    def __init__(self, model: keras.Model, mechanism: Mechanism) -> None:
        super().__init__(model.input, model.output)
        self.mechanism = mechanism
        self.key = tf.constant(secrets.randbits(BITS), tf.int64)
        size = 4 * sum(variable.shape.num_elements() for variable in self._list_values())
        self.at_once = max(1, min(MOST, BYTES // size))

    def train_step(self, data: Batch) -> dict[str, Tensor]:
        columns, label, weight = keras.utils.unpack_x_y_sample_weight(data)
        answer = self(columns, training=False)
        loss = self.compute_loss(columns, label, answer, weight, training=False)
        self.optimizer.apply(self.blur(self.add_up(data)), self.trainable_variables)
        next(metric for metric in self.metrics if metric.name == "loss").update_state(loss)
        return self.compute_metrics(columns, label, answer, weight)

    def add_up(self, rows: Batch) -> list[Tensor]:
        """Returns the sum of the rows' gradients, none of which is longer than `clip`, as the variables are shaped."""
        count = tf.shape(tf.nest.flatten(rows)[0])[0]
        places = tf.reshape(tf.range(count + -count % self.at_once), [-1, self.at_once])  # the last ones are no rows'

        def part(values: Tensor) -> Tensor:
            return tf.gather(values, tf.minimum(places, count - 1))

        def add(known: list[Tensor], chunk: tuple[Batch, Tensor]) -> list[Tensor]:
            found = tf.vectorized_map(self.differentiate, chunk[0])
            squares = [tf.reduce_sum(tf.reshape(each, [self.at_once, -1]) ** 2, 1) for each in found]
            clipped = self.mechanism.clip / tf.maximum(tf.sqrt(tf.add_n(squares)), self.mechanism.clip)
            factors = tf.where(chunk[1] < count, clipped, 0)
            return [sums + tf.tensordot(factors, each, 1) for sums, each in zip(known, found, strict=True)]

        nothing = [tf.zeros(value.shape) for value in self._list_values()]
        return tf.foldl(add, (tf.nest.map_structure(part, rows), places), nothing, parallel_iterations=1)

    def differentiate(self, row: Batch) -> list[Tensor]:
        """Returns the gradients of the loss of one row, whose parts have no axis for the batch."""
        one = tf.nest.map_structure(lambda values: values[None], row)
        columns, label, weight = keras.utils.unpack_x_y_sample_weight(one)
        with tf.GradientTape() as tape:
            loss = self.compute_loss(columns, label, self(columns, training=True), weight, training=True)
        found = tape.gradient(loss, self._list_values(), unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return [tf.convert_to_tensor(each) for each in found]

    def blur(self, sums: list[Tensor]) -> list[Tensor]:
        """Returns the mean over as many rows as a batch has on average, of sums with noise."""
        seed = tf.stack([self.key, tf.cast(self.optimizer.iterations, tf.int64)])
        size, spread = self.mechanism.chance * self.mechanism.rows, self.mechanism.clip * self.mechanism.noise
        return [
            (each + spread * tf.random.stateless_normal(each.shape, fold_in(seed, place))) / size
            for place, each in enumerate(sums)
        ]

    def _list_values(self) -> list[tf.Variable]:
        return [variable.value for variable in self.trainable_variables]
