"""What the cells of a column tell of the label: their mutual information, by a sample of rows."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PARTS = 10  # of numbers that are many, as many rows in each; and of texts the most frequent, the others together


def associate(rows: pa.RecordBatch, columns: Sequence[str], labels: np.ndarray, numeric: bool) -> dict[str, float]:
    """Returns by column its mutual information with the label, as a share of what the label holds: 0 to 1.

    Columns whose cells are lists are left out, and all where the label is the same in all rows. A missing cell is a
    value of its own. `numeric` says that labels are numbers, and no classes. The entropies are those of Miller and
    Madow (1955): few rows make any column seem to tell something.
    """
    label = cut(labels.ravel()) if numeric else pool(np.unique(labels, axis=0, return_inverse=True)[1].ravel())
    whole = entropy(label)
    if whole <= 0:
        return {}
    cells = {name: rows.column(rows.schema.get_field_index(name)) for name in columns}
    codes = {name: encode(cell) for name, cell in cells.items() if is_single(cell)}
    return {name: round(float(np.clip(share(found, label) / whole, 0, 1)), 4) for name, found in codes.items()}


def is_single(cells: pa.Array) -> bool:
    """Whether some row has a value, and none has more than one."""
    return not pa.types.is_null(cells.type) and pc.max(cells.value_lengths()).as_py() == 1


def encode(cells: pa.Array) -> np.ndarray:
    """Returns the part that each row's cell is of; 0 of a missing one."""
    present = cells.value_lengths().fill_null(0).to_numpy(zero_copy_only=False) > 0
    values = cells.flatten()
    codes = np.zeros(len(cells), np.int64)
    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
        codes[present] = 1 + cut(values.to_numpy(zero_copy_only=False))
    else:
        codes[present] = 1 + pool(values.dictionary_encode().indices.to_numpy(zero_copy_only=False))
    return codes


def cut(numbers: np.ndarray) -> np.ndarray:
    """Returns the part that each number is of: few values are a part each, of many each part has as many rows."""
    values, codes = np.unique(numbers, return_inverse=True)
    if len(values) <= PARTS:
        return codes.ravel()
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, PARTS + 1)[1:-1]))
    return np.searchsorted(edges, numbers, side="right")


def pool(codes: np.ndarray) -> np.ndarray:
    """Returns codes by how frequent they are, those beyond the most frequent as one."""
    ranks = np.argsort(np.argsort(-np.bincount(codes), kind="stable"), kind="stable")
    return np.minimum(ranks[codes], PARTS) if len(codes) else codes


def share(one: np.ndarray, other: np.ndarray) -> float:
    """Returns the mutual information of two codes of the same rows, in bits."""
    return entropy(one) + entropy(other) - entropy(one * (other.max() + 1) + other)


def entropy(codes: np.ndarray) -> float:
    """Returns the entropy of codes in bits, with Miller and Madow's correction."""
    counts = np.bincount(codes)
    counts = counts[counts > 0]
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum() + (len(counts) - 1) / (2 * len(codes) * np.log(2)))
