"""Gradient-boosted trees as a Keras model; trainer/training/boosting.py grows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from configs.schema.label import Label
from configs.schema.models import BoostedTrees
from trainer.features.transforms import Column
from trainer.labels import count_units, predict
from trainer.models.layers import concatenate, flatten, inputs

AT_ONCE = 256  # trees that rows go down side by side: what that takes of the memory grows with rows times trees


@dataclass(frozen=True)
class Forest:
    """Trees as arrays, over the columns as `order` puts them side by side.

    `feature`, `threshold`, `split`, `value` [nodes] and `children` [nodes, 2] describe each node of all trees: a row
    goes to its second child if its number lies above the threshold, or if `rights[split]` [splits, ids] has a 1 for its
    id, else to its first. A leaf is its own child. Node 0 is a leaf of nothing, split 0 sends no id to the right.
    `roots` [iterations, units] are the nodes that rows begin in; `baseline` [units] is what the leaves are added to.
    """

    feature: np.ndarray
    threshold: np.ndarray
    split: np.ndarray
    children: np.ndarray
    value: np.ndarray
    rights: np.ndarray
    roots: np.ndarray
    baseline: np.ndarray
    depth: int

    @classmethod
    def empty(cls, units: int) -> "Forest":
        """Returns no trees, which answer 0."""
        nothing, ids, number = np.zeros(1, "int64"), np.zeros((1, 1), "uint8"), np.full(1, np.inf, "float32")
        roots, baseline = np.zeros((0, units), "int64"), np.zeros(units)
        return cls(nothing, number, nothing, np.zeros((1, 2), "int64"), np.zeros(1), ids, roots, baseline, 0)

    @property
    def sizes(self) -> dict[str, int]:
        """How large the arrays are."""
        (iterations, units), (splits, ids) = self.roots.shape, self.rights.shape
        nodes = len(self.value)
        return dict(iterations=iterations, units=units, nodes=nodes, splits=splits, ids=ids, depth=self.depth)


def build(options: BoostedTrees, label: Label, columns: Sequence[Column], forest: Forest | None = None) -> keras.Model:
    """Returns the model of a forest, or of one without trees."""
    tensors, grown = inputs(columns), forest or Forest.empty(count_units(label))
    parts = [
        keras.ops.cast(flatten(column, tensors[column.name]), "float32") for column in order(columns, options.max_bins)
    ]
    trees = Trees(**grown.sizes, name="trees")
    logits = trees(concatenate(parts))
    trees.plant(grown)
    return keras.Model(tensors, predict(logits, label))


def order(columns: Sequence[Column], most: int) -> list[Column]:
    """Returns ids of at most so many values first, then those that are split as numbers are, then numbers; no masks."""
    seen = [column for column in columns if not column.mask_of]
    return sorted(seen, key=lambda column: (column.size is None, (column.size or 0) > most))


@keras.saving.register_keras_serializable("millrace")
class Trees(keras.layers.Layer):
    """What the leaves that a row of numbers, float32 [batch, width], falls into add up to, float32 [batch, units]."""

    def __init__(
        self, iterations: int, units: int, nodes: int, splits: int, ids: int, depth: int, **options: Any
    ) -> None:
        super().__init__(**options)
        self.units, self.nodes, self.splits, self.ids = units, nodes, splits, ids
        self.iterations, self.depth = iterations, depth
        together = max(1, min(iterations, AT_ONCE // units))
        self.blocks = (-(-iterations // together), together * units)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights, which `plant` fills."""
        nodes = self.nodes
        self.roots = self._hold("roots", self.blocks, "int64")
        self.feature = self._hold("feature", (nodes,), "int64")
        self.threshold = self._hold("threshold", (nodes,), "float32")
        self.split = self._hold("split", (nodes,), "int64")
        self.children = self._hold("children", (nodes, 2), "int64")
        self.value = self._hold("value", (nodes,), "float64")
        self.rights = self._hold("rights", (self.splits, self.ids), "uint8")
        self.baseline = self._hold("baseline", (self.units,), "float64")

    def plant(self, forest: Forest) -> None:
        """Takes over the trees of a forest of these sizes."""
        roots = np.zeros(self.blocks, "int64")
        roots.flat[: forest.roots.size] = forest.roots.ravel()
        self.roots.assign(roots)
        for name in ("feature", "threshold", "split", "children", "value", "rights", "baseline"):
            getattr(self, name).assign(getattr(forest, name))

    def call(self, rows: tf.Tensor) -> tf.Tensor:
        (blocks, width), count = self.blocks, tf.shape(rows)[0] if rows.shape[0] is None else rows.shape[0]
        roots, children = tf.convert_to_tensor(self.roots), tf.reshape(self.children, [-1])
        feature, threshold, split = (tf.convert_to_tensor(part) for part in (self.feature, self.threshold, self.split))
        value, rights = tf.convert_to_tensor(self.value), tf.reshape(self.rights, [-1])

        def descend(step: tf.Tensor, place: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            number = tf.gather(rows, tf.gather(feature, place), batch_dims=1)
            right = number > tf.gather(threshold, place)
            if self.splits > 1:
                number = tf.clip_by_value(number, 0, self.ids - 1)
                found = tf.gather(split, place) * self.ids + tf.cast(number, tf.int64)
                right |= tf.gather(rights, found) > 0
            return step + 1, tf.gather(children, 2 * place + tf.cast(right, tf.int64))

        def add(block: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            place = tf.broadcast_to(roots[block], [count, width])
            _, leaf = tf.while_loop(lambda step, _: step < self.depth, descend, (0, place))
            values = tf.reshape(tf.gather(value, leaf), [count, width // self.units, self.units])
            return block + 1, total + tf.reduce_sum(values, axis=1)

        total = tf.broadcast_to(tf.convert_to_tensor(self.baseline), [count, self.units])
        _, total = tf.while_loop(lambda block, _: block < blocks, add, (0, total))
        return tf.cast(total, tf.float32)

    def compute_output_spec(self, rows: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor((rows.shape[0], self.units), "float32")

    def get_config(self) -> dict[str, Any]:
        sizes = ("iterations", "units", "nodes", "splits", "ids", "depth")
        return super().get_config() | {name: getattr(self, name) for name in sizes}

    def _hold(self, name: str, shape: tuple[int, ...], dtype: str) -> keras.Variable:
        return self.add_weight(
            name=name, shape=shape, dtype=dtype, initializer="zeros", trainable=False, autocast=False
        )
