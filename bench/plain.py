"""(c) The model of configs/taxi.yaml in plain pandas and Keras: `python -m bench.plain TASK`."""

from collections.abc import Mapping

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from bench.auc import auc
from bench.data import LABEL
from bench.task import Answer, Stopwatch, Task

NUMBERS = ("trip_miles", "fare", "trip_seconds")
BUCKETS = {"pickup_latitude": 10, "pickup_longitude": 10, "dropoff_latitude": 10, "dropoff_longitude": 10}
VOCABULARIES = {  # how many of the most frequent values are kept, and how many ids the others share
    "payment_type": (1000, 10),
    "company": (1000, 10),
    "dropoff_census_tract": (1000, 10),
    "pickup_community_area": (80, 1),
    "dropoff_community_area": (80, 1),
    "trip_start_hour": (24, 1),
    "trip_start_day": (7, 1),
    "trip_start_month": (12, 1),
}
TYPES = dict.fromkeys(NUMBERS, "float32")  # all other columns become ids
HIDDEN, EMBEDDING = (100, 70, 50, 25), 8

Columns = dict[str, tf.Tensor]
Layers = Mapping[str, keras.Layer]


def main() -> None:
    """Reads, prepares, trains, and scores the rows held out."""
    task, watch = Task.given(), Stopwatch()
    keras.utils.set_random_seed(task.seed)
    with watch.time("ExampleGen"):
        frame, heldout = read(task.train), read(task.heldout)
    with watch.time("Transform"):
        missing = fill(frame)
        layers = learn(frame.fillna(missing))
        columns = prepare(frame.fillna(missing), layers)
    with watch.time("Trainer"):
        model = build(layers)
        rows = tf.data.Dataset.from_tensor_slices((columns, frame[LABEL].to_numpy()))
        fit(model, rows.shuffle(100_000, seed=task.seed).repeat().batch(task.batch_size), task.steps)
    with watch.time("Evaluator"):
        scores = model.predict(prepare(heldout.fillna(missing), layers), batch_size=1000, verbose=0)
    Answer(watch.parts, auc=auc(heldout[LABEL].to_numpy(), scores[:, 0])).write(task)


def read(path: str) -> pd.DataFrame:
    """Returns the columns of a file that the model needs: numbers as float32, categories as text."""
    types = dict.fromkeys([*NUMBERS, *BUCKETS, LABEL], "float32") | dict.fromkeys(VOCABULARIES, "object")
    return pd.read_csv(path, usecols=list(types), dtype=types)


def fill(frame: pd.DataFrame) -> dict[str, float | str]:
    """Returns what a missing value becomes, by column: the mean, or no text."""
    return {name: float(frame[name].mean()) for name in (*NUMBERS, *BUCKETS)} | dict.fromkeys(VOCABULARIES, "")


def learn(frame: pd.DataFrame) -> Layers:
    """Returns the layer that prepares each column, as the rows have it."""
    layers = {}
    for name in NUMBERS:
        layers[name] = keras.layers.Normalization(mean=frame[name].mean(), variance=frame[name].var())
    for name, count in BUCKETS.items():
        edges = np.unique(frame[name].quantile(np.arange(1, count) / count))
        layers[name] = keras.layers.Discretization(bin_boundaries=edges.tolist())
    for name, (size, others) in VOCABULARIES.items():
        known = [value for value in frame[name].value_counts().index if value][:size]
        layers[name] = keras.layers.StringLookup(vocabulary=known, num_oov_indices=others)
    return layers


def prepare(frame: pd.DataFrame, layers: Layers) -> Columns:
    """Returns the columns of the model, each [rows, 1]: numbers as float32, ids as int64."""
    made = {name: layer(tf.constant(frame[name].to_numpy()[:, None])) for name, layer in layers.items()}
    return {name: tf.cast(values, TYPES.get(name, "int64")) for name, values in made.items()}


def build(layers: Layers) -> keras.Model:
    """Returns the compiled model: a linear one beside a stack of dense layers."""
    inputs = {name: keras.Input((1,), name=name, dtype=TYPES.get(name, "int64")) for name in layers}
    wide, deep = [], [inputs[name] for name in NUMBERS]
    for name in (*BUCKETS, *VOCABULARIES):
        size = count_ids(layers[name])
        flat = keras.layers.Flatten()
        wide.append(flat(keras.layers.Embedding(size, 1, embeddings_initializer="zeros")(inputs[name])))
        deep.append(flat(keras.layers.Embedding(size, EMBEDDING)(inputs[name])))
    hidden = keras.layers.Concatenate()(deep)
    for units in HIDDEN:
        hidden = keras.layers.Dense(units, activation="relu")(hidden)
    logits = keras.layers.Add()([*wide, keras.layers.Dense(1)(hidden)])
    model = keras.Model(inputs, keras.layers.Activation("sigmoid")(logits))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy")
    return model


def count_ids(layer: keras.Layer) -> int:
    """Returns how many ids a layer gives out."""
    if isinstance(layer, keras.layers.StringLookup):
        return layer.vocabulary_size()
    return len(layer.bin_boundaries) + 1


def fit(model: keras.Model, batches: tf.data.Dataset, steps: int) -> None:
    """Trains the model for so many steps."""
    model.fit(batches.prefetch(tf.data.AUTOTUNE), steps_per_epoch=steps, epochs=1, verbose=0)


if __name__ == "__main__":
    main()
