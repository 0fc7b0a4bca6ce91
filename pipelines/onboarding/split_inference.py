"""How the rows are to be divided, so that each split has enough of each kind, and what is chance all the same."""

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
from pandas.util import hash_array

from components.validation.profile import Profile
from configs.loading.yaml_writer import show
from configs.quantities import count
from configs.schema.data import Split
from configs.schema.gate import Gate

SMALL = 1000  # rows below which a tenth is too little to judge by
CHANCE = 2.2  # standard errors of a distance between two splits, which chance hardly ever makes
JUDGED = 30  # rows of the rarest class, below which a split says little of it
FOLDED = 2000  # rows below which all judge
FOLDS = 5
ALIKE = 0.5  # of the rows: as many that differ, or fewer, are too few to be divided by what they hold


def choose_split(profile: Profile, label: str, kind: str, groups: Sequence[str]) -> tuple[Split, int]:
    """Returns the split, and how many units it divides: groups, or rows.

    The rarer a class, the more of its rows judge, and each class is divided alike; equal rows part where few differ.
    """
    classes = kind in ("binary", "multiclass")
    rarest = profile.columns[label].counts.min() * profile.rows / profile.read if classes else profile.rows
    is_large = profile.rows >= SMALL and rarest / 10 >= JUDGED
    split = Split() if is_large else Split(train=6, eval=2, test=2)
    if groups:
        return split, len(np.unique(profile.number(groups)))
    is_rare = classes and not is_large and rarest / 5 < JUDGED
    repeats = count_units(profile) < ALIKE * profile.read
    return split.model_copy(update={"stratify": is_rare, "repeats": repeats}), profile.rows


def choose_folds(quality: str, rows: int, split: Split, groups: Sequence[str]) -> int | None:
    """Returns in how many folds so few rows are to judge; None where they are many, or would not be divided so.

    What is to be fast is trained once.
    """
    is_small = rows < FOLDED and quality != "fast"
    return FOLDS if is_small and not groups and not split.repeats else None


def count_units(profile: Profile) -> float:
    """Returns how many rows of as many copies each would be as uneven to divide as these: Kish's effective size."""
    hashes = np.zeros(profile.read, np.uint64)
    for column in profile.columns.values():
        if column.is_single:
            hashes = hashes * np.uint64(1_000_003) + hash_array(column.codes())
    _, counts = np.unique(hashes, return_counts=True)
    return float(profile.read**2 / (counts.astype(float) ** 2).sum())


def count_judges(profile: Profile, split: Split, folds: int | None) -> float:
    """Returns about how many rows judge."""
    return profile.rows * (1 if folds else split.test / sum(split.parts.values()))


def doubt_bar(profile: Profile, label: str, kind: str, judged: float) -> list[str]:
    """Returns what to say where so few rows of a class, of so many that judge a model, that chance decides."""
    column = profile.columns[label]
    rows = int(column.counts.min()) * judged / max(1, profile.read)
    if kind not in ("binary", "multiclass") or rows >= JUDGED:
        return []
    rarest = show(column.texts[len(column.texts) - 1].as_py())
    least = f"a model is judged by about {count(round(rows), 'row')} of `{rarest}`"
    return [f"`{label}`: {least}; below {JUDGED}, what they say of it is much chance: bring more rows if you can"]


def loosen(units: int, rows: int, split: Split) -> dict[str, str]:
    """Returns the gate's limits where splits of so many rows differ by chance by more than the defaults allow.

    `units` are what is split: rows, or groups of them. Distances are Kolmogorov's and Smirnov's, of train and another.
    """
    total, least = sum(split.parts.values()), min(split.eval, split.test)
    train, other = units * split.train / total, units * least / total
    found = {
        "unseen": 2 / (rows * least / total),
        "drift": CHANCE * sqrt(2 / train),
        "skew": CHANCE * sqrt(1 / train + 1 / other),
    }
    usual = Gate().model_dump()
    loose = {key: ceil(100 * limit) / 100 for key, limit in found.items() if limit > usual[key]}
    return {key: f"{limit:g}" if limit < 1 else "null" for key, limit in loose.items()}
