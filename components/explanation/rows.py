"""The rows by which a model is explained: some of a split, and what they are labelled and weigh."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from tfx import types

from components.examples.batches import ROWS, list_shards, read_batches
from components.validation.typed_batch import join
from configs.schema.label import Label

SEED = 0


@dataclass(frozen=True)
class Answered:
    """Rows of features, what each is [rows, 1 or classes], and what a model answers to it [rows, units]."""

    rows: pa.RecordBatch
    labels: np.ndarray
    answers: np.ndarray
    label: Label


def read_rows(examples: types.Artifact, splits: Sequence[str], count: int) -> pa.RecordBatch | None:
    """Returns so many rows of splits, drawn at random, the same each time; None where there is no row."""
    generator = np.random.default_rng(SEED)
    held: list[pa.RecordBatch] = []
    drawn = np.zeros(0)
    for shard in [shard for split in splits for shard in list_shards(examples, split)]:
        for batch in read_batches(shard, ROWS):
            drawn = np.concatenate([drawn, generator.random(len(batch))])
            kept = np.argsort(drawn, kind="stable")[:count]
            joined = join([*held, batch])
            held, drawn = [joined.take(pa.array(kept))], drawn[kept]
    return held[0] if held and len(held[0]) else None


def find_labels(rows: pa.RecordBatch, label: Label) -> np.ndarray:
    """Returns the labels as metrics take them: [rows, 1], of kind multilabel a mark for each class."""
    cells = rows.column(rows.schema.get_field_index(label.name))
    values = cells.flatten().to_numpy(zero_copy_only=False)
    if label.kind != "multilabel":
        return values[:, None]
    marks = np.zeros((len(rows), len(label.values)), np.int64)
    counts = cells.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    marks[np.repeat(np.arange(len(rows)), counts), values] = 1
    return marks


def find_weights(rows: pa.RecordBatch, column: str | None) -> np.ndarray:
    """Returns what each row weighs."""
    if column is None:
        return np.ones(len(rows))
    weights: np.ndarray = rows.column(rows.schema.get_field_index(column)).flatten().to_numpy(zero_copy_only=False)
    return weights.astype(float)
