"""Training: compile and fit, once for every family."""

from collections.abc import Callable, Sequence
from functools import reduce
from math import ceil, gcd

import keras
import numpy as np
import tensorflow as tf

from configs.schema.training import Training
from trainer.labels import adapt
from trainer.training.callbacks import Progress
from trainer.training.checkpoints import Checkpoint
from trainer.training.dataset import Feed, pick
from trainer.training.losses import loss, margins, takes_margin
from trainer.training.metrics import metrics
from trainer.training.optimizers import optimizer, plateau
from trainer.training.share import Share
from trainer.training.teacher import Taught

MOST = 10  # steps that run before Python hears of them, where the config leaves that open


def fit(
    model: keras.Model,
    train: Feed | tf.data.Dataset,
    evaluation: tf.data.Dataset,
    training: Training,
    label_kind: str,
    checkpoint: Checkpoint | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    wrap: Callable[[keras.Model], keras.Model] = lambda model: model,
) -> dict[str, list[float]]:
    """Trains the model in place and returns Keras's history: a list with one figure an epoch, by name.

    `wrap` returns what trains in its place, of the same weights. The loss of a number is in parts of its variance: 1 is
    what its mean alone would reach.
    Raises MillraceError as soon as the loss, or that of the eval split, is no longer a finite number.
    """
    whole, checkpoint, share = Feed.of(train), checkpoint or Checkpoint(), Share.here()
    feed = Feed(lambda epoch: pick(whole.make(epoch), model.input), whole.steps)
    at_once = steps_at_once(training, feed.steps, checkpoint.every if checkpoint.path else 0)
    epoch_steps = ceil(feed.steps / at_once) * at_once
    epochs = ceil(training.steps / epoch_steps) if training.steps else training.epochs
    trained = prepare(model, feed, training, label_kind, training.steps or epochs * epoch_steps, at_once, wrap)
    progress, history = Progress(training, epoch_steps, checkpoint.begun), keras.callbacks.History()
    watched = [progress, *plateau(training.optimizer), *stopping(training), history]  # which notes what all others tell
    checkpoint.others, checkpoint.epoch_steps = watched, epoch_steps

    def run(start: int, last: int, steps: int) -> None:
        trained.fit(
            share.spread(feed.stream(start)),
            steps_per_epoch=steps,
            validation_data=share.spread(pick(evaluation, model.input)),
            initial_epoch=start // epoch_steps,
            epochs=last,
            callbacks=[*watched, *callbacks, checkpoint],
            shuffle=False,
            verbose=0,
        )

    if checkpoint.begun:
        first = share.spread(feed.once().take(1))
        trained.evaluate(first, verbose=0)  # makes the metrics' variables, which are to be put back
    epoch, done = divmod(checkpoint.begun, epoch_steps)
    if done:  # it was killed amid an epoch, whose other steps come first
        run(checkpoint.begun, epoch + 1, epoch_steps - done)
        epoch += 1
    if not (done and trained.stop_training):
        run(epoch * epoch_steps, epochs, epoch_steps)
    return history.history


def steps_at_once(training: Training, epoch_steps: int, checkpoint_every: int) -> int:
    """Returns how many steps run before Python hears of them: `auto` takes what divides all that happens at a step.

    `checkpoint_every` is 0 where no state is kept.
    """
    if training.steps_per_execution != "auto":
        return training.steps_per_execution
    if tf.distribute.get_strategy().num_replicas_in_sync > 1:
        return 1
    common = gcd(epoch_steps, training.steps or 0, checkpoint_every)
    return max(steps for steps in range(1, MOST + 1) if common % steps == 0)


def prepare(
    model: keras.Model,
    feed: Feed,
    training: Training,
    label_kind: str,
    steps: int,
    at_once: int,
    wrap: Callable[[keras.Model], keras.Model],
) -> keras.Model:
    """Returns what is to be trained for so many steps: the model, or that without its sigmoid, wrapped; compiled."""
    rows, spread, weight = feed.once(), 1.0, 1.0
    if label_kind == "regression" or len(rows.element_spec) > 2:
        (mean, found), *weights = find_moments(rows)
        weight = weights[0][0] or 1.0 if weights else 1.0
        if label_kind == "regression":
            spread = found or 1.0
            adapt(model, mean, spread)
    margin = takes_margin(training.loss)
    trained = wrap(margins(model) if margin else model)
    chosen, unit = loss(training.loss, label_kind, spread)
    if training.teacher:
        told = training.distillation
        chosen = Taught(chosen, told.temperature, told.weight, several=label_kind == "multiclass")
    trained.compile(
        optimizer=optimizer(training.optimizer, feed.steps, steps),
        loss=chosen,
        loss_weights=1 / (unit * weight),  # no learning rate is to depend on what labels and weights are measured in
        weighted_metrics=metrics(training.metrics, label_kind, margin),
        steps_per_execution=at_once,
        jit_compile="auto" if training.jit_compile is None else training.jit_compile,
    )
    trained.optimizer.build(trained.trainable_variables)  # else the first step makes these, and is traced twice
    return trained


def stopping(training: Training) -> list[keras.callbacks.Callback]:
    """Returns what stops a training that no longer improves, and keeps the best weights; nothing where it runs on."""
    if training.early_stopping is None:
        return []
    return [keras.callbacks.EarlyStopping(patience=training.early_stopping.patience, restore_best_weights=True)]


def find_moments(rows: tf.data.Dataset) -> list[tuple[float, float]]:
    """Returns the mean and the standard deviation of the labels, and of the weights where rows have such, in one pass.

    No more is held than a batch. They are those of all workers' rows.
    """
    found = np.zeros((len(rows.element_spec) - 1, 3))
    for parts in rows.map(lambda columns, *others: others).as_numpy_iterator():
        found = join_moments(found, np.array([measure_moments(part.astype("float64")) for part in parts]))
    counts, means, squares = reduce(join_moments, Share.here().gather(found)).T
    return list(zip(means.tolist(), np.sqrt(squares / np.maximum(counts, 1)).tolist(), strict=True))


def measure_moments(values: np.ndarray) -> tuple[float, float, float]:
    """Returns the count of values, their mean, and the sum of squared distances from it."""
    return values.size, float(values.mean()), float(np.square(values - values.mean()).sum())


def join_moments(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Returns the moments, [..., 3], of some values and others together.

    By the formula of Chan, Golub and LeVeque (1979), which loses no digits where the mean is large.
    """
    (count, mean, squares), (more, other, own) = np.moveaxis(some, -1, 0), np.moveaxis(others, -1, 0)
    total, step = count + more, other - mean
    part = more / np.maximum(total, 1)
    return np.stack([total, mean + step * part, squares + own + step**2 * count * part], axis=-1)
