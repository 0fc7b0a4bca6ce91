"""A teacher: a published model whose answers stand beside the label of each training row."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema.label import Label
from trainer.export.saved_model import KERAS_MODEL
from trainer.features.learnt import Learnt
from trainer.features.transforms import Column
from trainer.labels import count_units, share_out
from trainer.models.custom import load
from trainer.training.dataset import Batch
from trainer.training.warm_start import Table, Vocabularies, find_judged, lay_out, match, read_vocabularies, resize

KEY = "training.teacher"


def teach(folder: Path, learnt: Learnt, columns: Sequence[Column], label: Label) -> Callable[[Batch, tf.Tensor], Batch]:
    """Returns what lays the answers of an exported model beside the labels of a batch, float32 [batch, 2 units].

    The first half is the label, of several classes the share of each. A value's id becomes the one that the teacher has
    for it. Raises MillraceError for a model that does not answer the same question.
    """
    folder = find_judged(folder, KEY, "the teacher")
    known, units = read_vocabularies(folder, learnt.vocabularies), count_units(label)
    with tf.device("CPU:0"):  # where rows are made
        teacher = load(folder, KERAS_MODEL)
    require_fit(teacher, columns, units)
    ids = find_ids([column for column in columns if column.name in teacher.input], learnt.vocabularies, known)

    def change(batch: Batch, seed: tf.Tensor) -> Batch:
        seen, answers, *weights = batch
        asked = {name: tf.gather(ids[name], seen[name]) if name in ids else seen[name] for name in teacher.input}
        own = share_out(answers, units) if label.kind == "multiclass" else tf.cast(answers, tf.float32)
        return seen, tf.concat([own, tf.cast(teacher(asked, training=False), tf.float32)], axis=1), *weights

    return change


def require_fit(teacher: keras.Model, columns: Sequence[Column], units: int) -> None:
    """Raises MillraceError for a model that sees what is not there, or has other answers."""
    shapes = {column.name: column.input().shape for column in columns}
    for name, tensor in teacher.input.items():
        if name not in shapes:
            raise _refuse(f"it sees {name}, which is no feature here")
        if tensor.shape != shapes[name]:
            raise _refuse(f"its {name} is {tensor.shape[1:]}, here it is {shapes[name][1:]}")
    if teacher.output_shape[-1] != units:
        raise _refuse(f"it has {teacher.output_shape[-1]} answers, and the label here {units}")


def find_ids(columns: Sequence[Column], ours: Vocabularies, theirs: Vocabularies) -> Mapping[str, np.ndarray]:
    """Returns the teacher's id for each of ours, by column; a value that it does not know is one of all others."""
    found = {}
    for column in columns:
        new, old = lay_out(column, ours), resize(column, ours, theirs)
        if new != old:
            ids = np.full(new.rows, _first_other(old), np.int64)
            for our, their in match(new, old):
                ids[our] = their
            found[column.name] = ids
    return found


def _first_other(table: Table) -> int:
    return min(table.padding + len(table.values), table.rows - 1)


def _refuse(what: str) -> MillraceError:
    return MillraceError(
        f"{KEY}: the teacher does not answer what is learnt here: {what}.",
        "Trainer",
        "Let it be a model of the same label, whose features are all among these.",
    )


@keras.saving.register_keras_serializable("millrace")
class Taught(keras.losses.Loss):
    """A loss of which a teacher has its share: the cross-entropy with its answers, both softened by a temperature.

    A label alone, without a teacher's answers beside it, is judged by the loss alone. The teacher's part is multiplied
    by the square of the temperature, so that its gradients stay as large as the label's.
    """

    def __init__(self, loss: keras.losses.Loss, temperature: float, weight: float, several: bool) -> None:
        super().__init__(name="taught")
        self.loss, self.temperature, self.weight, self.several = loss, temperature, weight, several

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        units = y_pred.shape[-1]
        if y_true.shape[-1] != 2 * units:
            return self.loss.call(y_true, y_pred)
        own = self.loss.call(y_true[:, :units], y_pred)
        taught = self._cross_entropy(self._soften(y_true[:, units:]), self._soften(y_pred))
        return (1 - self.weight) * own + self.weight * self.temperature**2 * taught

    def _soften(self, shares: keras.KerasTensor) -> keras.KerasTensor:
        """Returns the probabilities of logits divided by the temperature, of those of the logits themselves."""
        shares = keras.ops.clip(shares, keras.config.epsilon(), 1 - keras.config.epsilon())
        if self.several:
            return keras.ops.softmax(keras.ops.log(shares) / self.temperature)
        return keras.ops.sigmoid((keras.ops.log(shares) - keras.ops.log(1 - shares)) / self.temperature)

    def _cross_entropy(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        if self.several:
            return keras.losses.categorical_crossentropy(y_true, y_pred)
        return keras.losses.binary_crossentropy(y_true, y_pred)
