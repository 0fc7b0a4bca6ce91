"""Which split a row goes to: by a hash of its values or of its group, within its class or not, or by time."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_pandas_object

from components.validation.typed_batch import TIME
from configs.schema.evaluation import ORIGIN

ABSENT = -(2**63)


def assign_splits(batch: pa.RecordBatch, parts: Sequence[int], groups: Sequence[str] = ()) -> np.ndarray:
    """Return the index of each row's split, by a hash of the row's own values, else of its `groups` alone.

    `parts` weighs the splits.
    """
    buckets = _hash(batch, groups or batch.schema.names) % np.uint64(sum(parts))
    return np.searchsorted(np.cumsum(parts), buckets, side="right")


def thin(batch: pa.RecordBatch, splits: np.ndarray, share: float) -> np.ndarray:
    """Return 0 for a share of the rows of the first split, by another part of their hash, and -1 for all others."""
    drawn = (_hash(batch, batch.schema.names) >> np.uint64(32)).astype(float) / 2**32
    return np.where((splits == 0) & (drawn < share), 0, -1)


def assign_by_class(batch: pa.RecordBatch, label: str, cuts: Mapping[int, np.ndarray]) -> np.ndarray:
    """Return the index of each row's split, by its hash among those of its class."""
    classes, hashes = hash_classes(batch, label)
    splits = np.zeros(len(batch), int)
    for index in np.unique(classes):
        own = classes == index
        splits[own] = np.searchsorted(cuts[int(index)], hashes[own], side="right")
    return splits


def hash_classes(batch: pa.RecordBatch, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's class, and a hash of its values that a float holds exactly."""
    classes = batch.column(batch.schema.get_field_index(label)).to_numpy(zero_copy_only=False)
    return classes, (_hash(batch, batch.schema.names) >> np.uint64(11)).astype(np.int64)


def find_class_cuts(classes: np.ndarray, hashes: np.ndarray, parts: Sequence[int]) -> dict[int, np.ndarray]:
    """Return, for each class, the hashes at which its splits begin, as `parts` weighs them."""
    return {int(index): find_cuts(hashes[classes == index], parts) for index in np.unique(classes)}


def assign_by_time(batch: pa.RecordBatch, cuts: np.ndarray) -> np.ndarray:
    """Return the index of each row's split, by its TIME."""
    return np.searchsorted(cuts, find_times(batch), side="right")


def tell_origins(splits: np.ndarray, batch: pa.RecordBatch) -> tuple[np.ndarray, pa.RecordBatch]:
    """Return each row's split, and the batch with the ORIGIN of each, of rows assigned as if each origin were a split.

    They count from 1, by time; 0 is for rows of eval and -1 for those of train.
    """
    told = {ORIGIN: pa.array(splits - 1, batch.schema.field(ORIGIN).type)}
    columns = [told.get(name, batch.column(place)) for place, name in enumerate(batch.schema.names)]
    return np.minimum(splits, 2), pa.RecordBatch.from_arrays(columns, batch.schema.names)


def find_times(batch: pa.RecordBatch) -> np.ndarray:
    """Return the TIME of each row."""
    return batch.column(batch.schema.get_field_index(TIME)).to_numpy(zero_copy_only=False)


def find_cuts(moments: np.ndarray, parts: Sequence[int]) -> np.ndarray:
    """Return the moment at which each split but the first begins, so that they share the rows as `parts` weighs them.

    Rows of one moment go to one split, which more of them would have gone to.
    """
    ordered = np.append(np.sort(moments), np.inf)
    cuts = []
    for end in np.cumsum(parts)[:-1] * len(moments) // sum(parts):
        first, last = (np.searchsorted(ordered, ordered[end], side) for side in ("left", "right"))
        start = first if end - first < last - end else last
        cuts.append(ordered[min(start, len(moments))])
    return np.array(cuts)


def _hash(batch: pa.RecordBatch, names: Sequence[str]) -> np.ndarray:
    columns = [_hashable(batch.column(batch.schema.get_field_index(name))) for name in names]
    return hash_pandas_object(pa.RecordBatch.from_arrays(columns, names).to_pandas(), index=False).to_numpy()


def _hashable(column: pa.Array) -> pa.Array:
    """Return the column in a form whose hash depends on each cell alone, and not on those beside it."""
    if pa.types.is_integer(column.type):  # pandas would make floats of integers among nulls
        return column.fill_null(ABSENT)
    if pa.types.is_list(column.type):
        ends = np.cumsum(pc.list_value_length(column).fill_null(0))
        rows = np.split(column.flatten().to_numpy(zero_copy_only=False), ends[:-1])
        return pa.array([row.tobytes() for row in rows], pa.binary())
    return column
