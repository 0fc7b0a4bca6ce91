"""What each pixel of a picture and each word of a text adds to an answer: integrated gradients.

Along the straight way from a black picture, and words that mean nothing, to those of a row, all else of which stays as
it is (Sundararajan, Taly and Yan, 2017). Words mean nothing where their embeddings are zeros.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pyarrow as pa
import tensorflow as tf

from components.examples.tf_example import encode_examples
from components.explanation.attribution import Attribution
from components.explanation.clock import Clock
from components.scoring.saved_model import SavedModel
from configs.schema.features import Words
from configs.schema.label import Label
from trainer.export.saved_model import KERAS_MODEL
from trainer.export.signatures import TRANSFORM
from trainer.features.transforms import name_column
from trainer.features.words import split
from trainer.models.custom import load

POINTS = (8, 32, 128)  # of the way, as Gauss and Legendre place them: more where the sum is not right by fewer
AT_ONCE = 64  # points, of all rows
Inputs = Mapping[str, np.ndarray]

Watch = Callable[[str, tf.Tensor], tf.Tensor]


class Integral:
    """Integrates a model's gradients by pictures and by the embeddings of texts, both inputs of it by name."""

    def __init__(self, model: keras.Model, label: Label, pictures: Collection[str], texts: Collection[str]) -> None:
        self.model, self.label, self.pictures = model, label, [name for name in model.input if name in pictures]
        embeddings = [layer for layer in model.layers if isinstance(layer, keras.layers.Embedding)]
        self.embeddings = [layer for layer in embeddings if layer.input.name in texts]

    def attribute(self, rows: Inputs, units: Sequence[int]) -> list[Attribution | None]:
        """Returns what is added to a number, or to the score of a class, of each row of inputs [rows, ...].

        None where the sum is not right by any of POINTS.
        """
        found: dict[int, Attribution] = {}
        for points in POINTS:
            left, size = [row for row in range(len(units)) if row not in found], count_rows(points)
            for few in (left[first : first + size] for first in range(0, len(left), size)):
                some = {name: values[few] for name, values in rows.items()}
                walked = zip(few, self._walk(some, [units[row] for row in few], points), strict=True)
                found |= {row: one for row, one in walked if one.is_complete}
        return [found.get(row) for row in range(len(units))]

    def _walk(self, rows: Inputs, units: Sequence[int], points: int) -> list[Attribution]:
        nodes, weights = np.polynomial.legendre.leggauss(points)
        shares = np.concatenate([[0, 1], (nodes + 1) / 2])  # the ends are there for what is answered at them
        weights = np.concatenate([[0, 0], weights / 2])
        ends, added = np.zeros((2, len(units))), defaultdict[str, np.ndarray](lambda: np.zeros(1))
        whole: list[np.ndarray] = []
        for first in range(0, len(shares), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            scores, made = self._differentiate(rows, units, shares[part])
            if not first:
                ends, whole = scores[:, :2].T, [values[:, 1] for _, values, _ in made]
            for end, (name, _, slopes) in zip(whole, made, strict=True):
                added[name] = added[name] + (end * np.einsum("p,rp...->r...", weights[part], slopes)).sum(axis=-1)
        bases, answers = (ends + self.label.offset).tolist()
        return [
            Attribution({name: parts[row] for name, parts in added.items()}, answers[row], bases[row])
            for row in range(len(units))
        ]

    def _differentiate(
        self, rows: Inputs, units: Sequence[int], shares: np.ndarray
    ) -> tuple[np.ndarray, list[tuple[str, np.ndarray, np.ndarray]]]:
        """Returns the scores [rows, points] where pictures and embeddings are these shares of what they are; and by
        input what these are there, and the score's gradient, both [rows, points, ...]. A text may have several
        embeddings.
        """
        inputs = {name: tf.repeat(tf.constant(rows[name]), len(shares), axis=0) for name in self.model.input}
        tiled, asked = np.tile(shares, len(units)), np.repeat(units, len(shares))
        watched: list[tuple[str, tf.Tensor]] = []

        def watch(name: str, tensor: tf.Tensor) -> tf.Tensor:
            factors = tf.constant(tiled.reshape(-1, *[1] * (len(tensor.shape) - 1)), tensor.dtype)
            tape.watch(less := tensor * factors)
            watched.append((name, less))
            return less

        with tf.GradientTape(watch_accessed_variables=False) as tape, self._tapped(watch):
            inputs |= {name: watch(name, inputs[name]) for name in self.pictures}
            scores = tf.gather(self._score(self.model(inputs, training=False)), asked, axis=1, batch_dims=1)
        slopes = tape.gradient(scores, [tensor for _, tensor in watched], unconnected_gradients="zero")
        found = zip(watched, slopes, strict=True)
        shape = len(units), len(shares)
        return scores.numpy().reshape(shape).astype(float), [
            (name, *(part.numpy().reshape(*shape, *part.shape[1:]) for part in (tensor, slope)))
            for (name, tensor), slope in found
        ]

    def _score(self, answers: tf.Tensor) -> tf.Tensor:
        answers = tf.cast(answers, tf.float32)
        return tf.concat([1 - answers, answers], axis=1) if self.label.kind == "binary" else answers

    @contextmanager
    def _tapped(self, watch: Watch) -> Iterator[None]:
        """Has the embeddings of texts give what `watch` makes of them."""
        for layer in self.embeddings:
            layer.call = lambda ids, layer=layer: watch(layer.input.name, type(layer).call(layer, ids))
        try:
            yield
        finally:
            for layer in self.embeddings:
                del layer.call


def attribute(
    served: SavedModel,
    rows: pa.RecordBatch,
    answers: np.ndarray,
    label: Label,
    pictures: Collection[str],
    texts: Mapping[str, int],
    clock: Clock,
) -> list[Attribution | None]:
    """Returns what is added to what an exported model predicts of rows, of as many as there is time for: to the score
    of the class that it told, or to the number. `texts` tells how many words are read of each.

    Nothing of a model that is no Keras model by itself, and where a layer of the user's own has no gradient.
    """
    folder = Path(served.folder)
    if not (folder / KERAS_MODEL).exists():
        return []
    model = load(folder, KERAS_MODEL)
    images = {name_column(name, "image"): name for name in pictures}
    words = {name_column(name, "words"): name for name in texts}
    integral, made = Integral(model, label, images, words), transform(served, rows, list(model.input))
    read, found = spell(rows, texts), list[Attribution | None]()
    units = choose_units(answers, label)
    for first in range(0, len(units), count_rows(POINTS[0])):
        if clock.is_over:
            break
        few = slice(first, first + count_rows(POINTS[0]))
        try:
            attributed = integral.attribute({name: values[few] for name, values in made.items()}, units[few])
        except (LookupError, tf.errors.OpError) as error:
            logging.warning("no integrated gradients: %s: %s", type(error).__name__, error)
            break
        told = [{name: texts_of[row] for name, texts_of in read.items()} for row in range(len(units))[few]]
        found += [one and rename(one, images | words, known) for one, known in zip(attributed, told, strict=True)]
    return found


def count_rows(points: int) -> int:
    """Returns how many rows are walked at once."""
    return max(1, AT_ONCE // (points + 2))


def transform(served: SavedModel, rows: pa.RecordBatch, columns: Collection[str]) -> Mapping[str, np.ndarray]:
    """Returns columns of rows as Transform made them for the model."""
    [asked] = served.signatures[TRANSFORM].inputs
    return served.answer(TRANSFORM, {asked: np.array(encode_examples(rows), object)}, columns)


def rename(found: Attribution, names: Mapping[str, str], words: Mapping[str, Sequence[str]]) -> Attribution:
    """Returns it by feature, where it was by input, with the words of each text."""
    return replace(found, added={names[column]: part for column, part in found.added.items()}, words=words)


def spell(rows: pa.RecordBatch, texts: Mapping[str, int]) -> dict[str, list[list[str]]]:
    """Returns the words that a model reads of each row's texts, so many at most."""
    found = {}
    for name, length in texts.items():
        cells = [cell.as_py() for cell in rows.column(rows.schema.get_field_index(name))]
        ragged = split(tf.constant([[cell[0] if cell else b""] for cell in cells]), Words(kind="text", length=length))
        found[name] = [[word.decode(errors="replace") for word in row] for row in ragged.to_list()]
    return found


def choose_units(answers: np.ndarray, label: Label) -> list[int]:
    """Returns which number of each answer is told: the score that is the highest, the quantile in the middle."""
    if label.kind == "regression":
        return [answers.shape[1] // 2] * len(answers)
    scores = np.concatenate([1 - answers, answers], axis=1) if label.kind == "binary" else answers
    return scores.argmax(axis=1).tolist()
