"""Columns that alone tell the label nearly always, as one does that is made of it with noise on top."""

from collections.abc import Mapping

import numpy as np

from components.validation.profile import Column
from configs.loading.yaml_writer import share
from pipelines.onboarding.association import cut

SUSPECT = 0.98  # of AUC or accuracy, reached by one column
PARTS = 64  # of the numbers of a column
FEWEST = 20  # rows of the rarer class, or of all others than the largest


def find_giveaways(label: Column, columns: Mapping[str, Column], kind: str) -> dict[str, str]:
    """Returns the columns of which one alone predicts the classes so well that it may be made of them, and how well."""
    codes = label.codes()
    if kind not in ("binary", "multiclass") or label.counts.sum() - label.counts[0] < FEWEST:
        return {}
    found = {}
    for name, column in columns.items():
        parts = cut(column, PARTS)
        parts = np.where(parts < 0, parts.max() + 1, parts)  # the blanks are one, too
        told = _rank(codes, parts) if kind == "binary" else _hit(codes, parts)
        if told >= SUSPECT:
            measure = f"an auc of {told:.3f}" if kind == "binary" else f"{share(told, 1)} of the rows"
            found[name] = f"alone it reaches {measure}: leave it out if it is known only once the label is"
    return found


def _rank(codes: np.ndarray, parts: np.ndarray) -> float:
    """Returns the AUC of the share of a class in a row's part, learnt on every other row and judged on the rest."""
    learn = np.arange(len(codes)) % 2 == 0
    rare = codes == 1
    counts = np.bincount(parts[learn], minlength=parts.max() + 1)
    rates = (np.bincount(parts[learn], rare[learn], len(counts)) + rare.mean()) / (counts + 1)
    scores, truth = rates[parts[~learn]], rare[~learn]
    if not truth.any() or truth.all():
        return 0.0
    _, places, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[places]
    positive, negative = int(truth.sum()), int((~truth).sum())
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _hit(codes: np.ndarray, parts: np.ndarray) -> float:
    """Returns the accuracy of the largest class of a row's part, found alike; 0 where one class rules anyway."""
    learn = np.arange(len(codes)) % 2 == 0
    table = np.zeros((parts.max() + 1, codes.max() + 1))
    np.add.at(table, (parts[learn], codes[learn]), 1)
    hits = float((table.argmax(axis=1)[parts[~learn]] == codes[~learn]).mean())
    trivial = float((codes[~learn] == 0).mean())
    return hits if 1 - hits <= (1 - trivial) / 4 else 0.0
