"""From the columns of tf.Examples to what a model sees, as one function, for Transform, the export and the tests."""

from collections.abc import Mapping

import tensorflow as tf

from configs.schema.evaluation import ORIGIN
from trainer.features.cells import Cells, from_examples
from trainer.features.identity import CLIENT, ROW, identify, number
from trainer.features.learnt import Learnt
from trainer.features.transforms import Parts, escape, transform
from trainer.features.words import open_table
from trainer.settings import Columns

NO_LABEL = -1


class Preprocessing:
    """What becomes of raw columns, with what was learnt of the training rows; `tables` are part of it."""

    def __init__(self, columns: Columns, learnt: Learnt) -> None:
        self.columns, self.learnt = columns, learnt
        self.tables = {
            escape(name): open_table(learnt.find_vocabulary(escape(name)), getattr(feature, "oov", 1))
            for name, feature in columns.features.items()
            if escape(name) in learnt.vocabularies
        }

    def transform(self, cells: Cells) -> Parts:
        """Returns what a model sees of the cells of all features; with folds also what tells rows apart."""
        made = transform(self.columns.features, cells, self.learnt, self.tables)
        return made | {ROW: identify(cells)} if self.columns.folds else made

    def __call__(self, inputs: Mapping[str, tf.SparseTensor]) -> Parts:
        """Returns what a model sees of parsed columns, the label, and the weight, if any."""
        return self.prepare(from_examples(self.columns.features, inputs), inputs)

    def prepare(self, cells: Cells, others: Mapping[str, tf.SparseTensor]) -> Parts:
        """Returns what a model sees of the cells, and with it the label, weight, client and origin, which are `others`.

        The label is [batch, 1], an id or a number; of several at once [batch, classes], 1 for those that a row has.
        """
        made = self.transform(cells)
        label, values = self.columns.label, others[self.columns.label.name]
        made[label.name] = mark(values, len(label.values)) if label.kind == "multilabel" else dense(values, NO_LABEL)
        if self.columns.origins:
            made[ORIGIN] = dense(others[ORIGIN], 0)
        if self.columns.clients:
            made[CLIENT] = number(dense(others[self.columns.clients], ""))
        if self.columns.weight:
            made[self.columns.weight] = dense(others[self.columns.weight], 1.0)
        return made


def dense(values: tf.SparseTensor, missing: float | str) -> tf.Tensor:
    """Returns [batch, 1] of a column that holds at most one value a row, `missing` where it holds none."""
    shape = tf.stack([values.dense_shape[0], 1])
    return tf.ensure_shape(
        tf.sparse.to_dense(tf.SparseTensor(values.indices, values.values, shape), default_value=missing), [None, 1]
    )


def mark(ids: tf.SparseTensor, count: int) -> tf.Tensor:
    """Returns [batch, count], int64: 1 at the ids that a row has."""
    marks = tf.reduce_sum(tf.one_hot(tf.sparse.to_dense(ids, default_value=NO_LABEL), count, dtype=tf.int64), axis=1)
    return tf.ensure_shape(marks, [None, count])
