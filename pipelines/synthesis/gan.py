"""Rows by a generative adversarial network: WGAN-GP (Gulrajani et al., 2017, arXiv:1704.00028).

Numbers are learnt as normal ones, by their rank, and categories as a place each, of which the generator's softmax names
one; the critic sees both. The loss is Wasserstein's, with the gradient's penalty of weight 10, and the critic takes
five steps for each of the generator's, as in the paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from pipelines.synthesis.marginals import Categories, Marginal, learn

STEPS = 3000  # of the generator
CRITIC_STEPS, PENALTY = 5, 10.0
BATCH, NOISE, WIDTH = 128, 64, 128
RATE = {"learning_rate": 2e-4, "beta_1": 0.0, "beta_2": 0.9}
SHARP = 0.5  # the softmax' temperature


@dataclass(frozen=True)
class Layout:
    """The columns of a table, each with what it holds, and how many places it takes in a row of numbers."""

    marginals: Mapping[str, Marginal]

    @property
    def widths(self) -> list[int]:
        """Of each column: one for a number, one for each category."""
        return [len(of.values) if isinstance(of, Categories) else 1 for of in self.marginals.values()]

    def encode(self, table: pd.DataFrame, random: np.random.Generator) -> np.ndarray:
        """Returns [rows, places]."""
        parts = []
        for name, marginal in self.marginals.items():
            if isinstance(marginal, Categories):
                parts.append(np.eye(len(marginal.values))[marginal.find(table[name])])
            else:
                parts.append(marginal.to_normal(table[name], random)[:, None])
        return np.hstack(parts).astype("float32")

    def decode(self, rows: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
        """Returns a table of [rows, places]; of a column's places one is drawn as they are likely."""
        columns, ends = {}, np.cumsum(self.widths)[:-1]
        for (name, marginal), part in zip(self.marginals.items(), np.split(rows, ends, axis=1), strict=True):
            if isinstance(marginal, Categories):
                chosen = (part.cumsum(axis=1) < random.random((len(part), 1))).sum(axis=1)
                columns[name] = marginal.take(chosen)
            else:
                columns[name] = marginal.from_normal(part[:, 0])
        return pd.DataFrame(columns)


class Generator(keras.Model):
    """Noise to rows."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.widths = widths
        self.body = keras.Sequential([keras.layers.Dense(WIDTH, "relu"), keras.layers.Dense(WIDTH, "relu")])
        self.ends = keras.layers.Dense(sum(widths))

    def call(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns [rows, places]: numbers as they come, the places of a category with a sum of 1."""
        parts = tf.split(self.ends(self.body(noise)), self.widths, axis=1)
        return tf.concat([part if part.shape[1] == 1 else tf.nn.softmax(part / SHARP) for part in parts], axis=1)


def synthesize(
    table: pd.DataFrame, label: str, rows: int, random: np.random.Generator, steps: int = STEPS
) -> pd.DataFrame:
    """Returns rows like those of a table, its label among the columns."""
    layout = Layout({name: learn(table[name]) for name in table})
    keras.utils.set_random_seed(int(random.integers(2**31)))
    generator = train(layout, layout.encode(table, random), steps)
    noise = random.normal(size=(rows, NOISE)).astype("float32")
    return layout.decode(generator.predict(noise, batch_size=4096, verbose=0), random)


def train(layout: Layout, real: np.ndarray, steps: int) -> Generator:
    """Returns a generator of rows like [rows, places]."""
    generator = Generator(layout.widths)
    critic = keras.Sequential(
        [keras.layers.Dense(WIDTH, "leaky_relu"), keras.layers.Dense(WIDTH, "leaky_relu"), keras.layers.Dense(1)]
    )
    critic(generator(tf.zeros([1, NOISE])))  # makes their variables
    making, judging = keras.optimizers.Adam(**RATE), keras.optimizers.Adam(**RATE)
    making.build(generator.trainable_variables)
    judging.build(critic.trainable_variables)
    rows = tf.constant(real)

    @tf.function
    def improve() -> None:
        for _ in range(CRITIC_STEPS):
            with tf.GradientTape() as tape:
                shown = tf.gather(rows, tf.random.uniform([BATCH], 0, len(real), tf.int32))
                made = generator(tf.random.normal([BATCH, NOISE]))
                cost = tf.reduce_mean(critic(made)) - tf.reduce_mean(critic(shown))
                cost += PENALTY * penalise(critic, shown, made)
            judging.apply(tape.gradient(cost, critic.trainable_variables), critic.trainable_variables)
        with tf.GradientTape() as tape:
            cost = -tf.reduce_mean(critic(generator(tf.random.normal([BATCH, NOISE]))))
        making.apply(tape.gradient(cost, generator.trainable_variables), generator.trainable_variables)

    for _ in range(steps):
        improve()
    return generator


def penalise(critic: keras.Model, shown: tf.Tensor, made: tf.Tensor) -> tf.Tensor:
    """Returns how far the critic's gradient is from a length of 1 between real and made rows: squared, the mean."""
    between = made + tf.random.uniform([BATCH, 1]) * (shown - made)
    with tf.GradientTape() as tape:
        tape.watch(between)
        judged = critic(between)
    length = tf.norm(tape.gradient(judged, between) + 1e-12, axis=1)
    return tf.reduce_mean((length - 1.0) ** 2)
