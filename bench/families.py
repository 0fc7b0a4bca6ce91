"""How fast the Trainer trains each family, beside Keras's own `fit` on arrays: `python -m bench.families ROUNDS`.

Both train the same model with the same loss, optimizer and metrics on the same rows, made at random. The Trainer has
them from files, in an order of its own, and reports, logs and keeps its state as it does in a run.
"""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import pyarrow as pa
import tensorflow as tf

from bench.measure import ROOT
from components.examples.tf_example import encode_examples
from components.validation.column_patterns import resolve
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.label import Label
from trainer.features.transforms import Column, columns, list_vocabularies
from trainer.models.families import build
from trainer.settings import Settings
from trainer.training.callbacks import Board
from trainer.training.checkpoints import Checkpoint
from trainer.training.dataset import Rows
from trainer.training.fit import fit
from trainer.training.losses import loss
from trainer.training.metrics import metrics
from trainer.training.optimizers import optimizer

CONFIGS = {
    "linear": "diabetes_linear",
    "dnn": "breast_cancer_dnn",
    "wide_deep": "taxi",
    "cnn": "digits_cnn",
    "rnn": "digits_rows_rnn",
    "fused": "signals_fused",
    "autoregression": "series_week",
    "attention, additive": "recipes/additive_attention",
    "attention, self": "recipes/self_attention",
}
EPOCHS, STEPS, LOOKED_AT = 3, 100, 10  # steps of an epoch, and of a look at the eval split
VOCABULARY = 100  # words of each vocabulary
GZIP = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)

Arrays = Mapping[str, np.ndarray]


class Clock(keras.callbacks.Callback):
    """Notes the CPU seconds of this process when an epoch has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.ends.append(time.process_time())

    def speed(self) -> float:
        """Returns the steps a CPU second after the first epoch, with what comes between the epochs."""
        return STEPS * (len(self.ends) - 1) / (self.ends[-1] - self.ends[0])


def main() -> None:
    """Writes a line of JSON for each family and round to standard output."""
    for number in range(1, int(sys.argv[1]) + 1):
        for family, name in CONFIGS.items():
            config = resolve(load(ROOT / "configs" / f"{name}.yaml"))
            record = {"family": family, "config": name, "round": number} | compare(config, number)
            sys.stdout.write(json.dumps(record) + "\n")
            sys.stdout.flush()


def compare(config: Config, seed: int) -> dict[str, float]:
    """Returns the batch size, and the steps a CPU second of the Trainer and of Keras."""
    size = config.training.batch_size if isinstance(config.training.batch_size, int) else 32
    settings = Settings(
        features=config.features,
        label=config.label,
        model=config.model,
        training=config.training.model_copy(
            update={"batch_size": size, "epochs": EPOCHS, "steps": None, "early_stopping": None, "seed": seed}
        ),
    )
    seen = columns(settings.features, dict.fromkeys(list_vocabularies(settings.features), VOCABULARY))
    random = np.random.default_rng(seed)
    train, evaluation = (make(seen, settings.label, size * steps, random) for steps in (STEPS, LOOKED_AT))
    with TemporaryDirectory() as folder:
        trainer = train_as_the_trainer(settings, seen, train, evaluation, Path(folder))
    return {"batch_size": size, "trainer": trainer, "keras": train_as_keras(settings, seen, train, evaluation)}


def make(seen: list[Column], label: Label, rows: int, random: np.random.Generator) -> Arrays:
    """Returns random columns and labels by name."""
    made = {}
    for column in seen:
        shape = (rows, *column.input().shape[1:])
        if column.mask_of:
            made[column.name] = np.ones(shape, "int64")
        elif column.size:
            made[column.name] = random.integers(0, column.size, shape)
        else:
            made[column.name] = random.normal(size=shape).astype("float32")
    classes = random.integers(0, max(2, len(label.values)), (rows, 1))
    return made | {label.name: classes if label.values else random.normal(size=(rows, 1)).astype("float32")}


def train_as_the_trainer(
    settings: Settings, seen: list[Column], train: Arrays, evaluation: Arrays, folder: Path
) -> float:
    """Returns the Trainer's steps a CPU second."""
    spec = {name: tf.io.FixedLenFeature(values.shape[1:], tf.as_dtype(values.dtype)) for name, values in train.items()}
    splits = []
    for name, arrays in (("train.gz", train), ("eval.gz", evaluation)):
        write(folder / name, arrays)
        splits.append(Rows([str(folder / name)], spec, settings.label.name, None, settings.training))
    size, clock = int(settings.training.batch_size), Clock()
    checkpoint = Checkpoint(folder / "checkpoint.npz", settings.training.checkpoint_every)
    board = Board(folder / "tensorboard")
    feed, looked_at = splits[0].feed(size), splits[1].batches(size)
    fit(build(settings, seen), feed, looked_at, settings.training, settings.label.kind, checkpoint, [board, clock])
    return clock.speed()


def write(path: Path, arrays: Arrays) -> None:
    """Writes columns as TFRecords of tf.Examples."""
    cells = [pa.array(list(values.reshape(len(values), -1))) for values in arrays.values()]
    with tf.io.TFRecordWriter(str(path), GZIP) as writer:
        for example in encode_examples(pa.RecordBatch.from_arrays(cells, list(arrays))):
            writer.write(example)


def train_as_keras(settings: Settings, seen: list[Column], train: Arrays, evaluation: Arrays) -> float:
    """Returns the steps a CPU second of `keras.Model.fit`."""
    training, label, clock = settings.training, settings.label, Clock()
    model = build(settings, seen)
    model.compile(
        optimizer=optimizer(training.optimizer, STEPS, STEPS * EPOCHS),
        loss=loss(training.loss, label.kind, 1.0)[0],
        weighted_metrics=metrics(training.metrics, label.kind, margin=False),
    )
    (x, y), looked_at = ((pick(model, arrays), arrays[label.name]) for arrays in (train, evaluation))
    model.fit(x, y, training.batch_size, EPOCHS, verbose=0, validation_data=looked_at, callbacks=[clock])
    return clock.speed()


def pick(model: keras.Model, arrays: Arrays) -> dict[str, np.ndarray]:
    """Returns the columns that a model takes."""
    return {name: arrays[name] for name in model.input}


if __name__ == "__main__":
    main()
