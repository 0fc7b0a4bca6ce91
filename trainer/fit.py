"""Training: compile and fit, once for every family."""

from math import ceil

import keras
import numpy as np
import tensorflow as tf

from configs.training import Training
from trainer.callbacks import Progress
from trainer.data import Feed
from trainer.labels import HEADS, adapt
from trainer.optimizers import optimizer, plateau

LABEL, WEIGHT = 1, 2  # where a batch holds them


def fit(
    model: keras.Model, train: Feed | tf.data.Dataset, evaluation: tf.data.Dataset, training: Training, label_kind: str
) -> dict[str, list[float]]:
    """Trains the model in place and returns Keras's history: a list with one figure an epoch, by name.

    The loss of a number is in parts of its variance: 1 is what its mean alone would reach.
    Raises MillraceError as soon as the loss, or that of the eval split, is no longer a finite number.
    """
    feed = Feed.of(train)
    epochs = ceil(training.steps / feed.steps) if training.steps else training.epochs
    compile_model(model, feed, training, label_kind, training.steps or epochs * feed.steps)
    return model.fit(
        feed.batches(),
        validation_data=evaluation,
        epochs=epochs,
        callbacks=[Progress(training, feed), *plateau(training.optimizer), *stopping(training)],
        shuffle=False,
        verbose=0,
    ).history


def compile_model(model: keras.Model, feed: Feed, training: Training, label_kind: str, steps: int) -> None:
    """Gives the model its optimizer, its loss and its metrics, for a training of so many steps."""
    head, unit = HEADS[label_kind], 1.0
    rows = feed.batches()
    if label_kind == "regression":
        mean, spread = measure(rows, LABEL)
        adapt(model, mean, spread or 1.0)
        unit = spread**2 or 1.0
    if len(rows.element_spec) > WEIGHT:
        unit *= measure(rows, WEIGHT)[0] or 1.0
    model.compile(
        optimizer=optimizer(training.optimizer, feed.steps, steps),
        loss=head.loss,
        loss_weights=1 / unit,  # so that no learning rate depends on what the label and the weights are measured in
        weighted_metrics=head.metrics(),
    )


def stopping(training: Training) -> list[keras.callbacks.Callback]:
    """Returns what stops a training that no longer improves, and keeps the best weights; nothing where it runs on."""
    if training.early_stopping is None:
        return []
    return [keras.callbacks.EarlyStopping(patience=training.early_stopping.patience, restore_best_weights=True)]


def measure(rows: tf.data.Dataset, part: int) -> tuple[float, float]:
    """Returns the mean and the standard deviation of one part of the batches: of the labels, or of the weights."""
    values = np.concatenate(list(rows.map(lambda *parts: parts[part]).as_numpy_iterator())).astype("float64")
    return float(values.mean()), float(values.std())
