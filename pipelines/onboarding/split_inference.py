"""How the rows are to be divided, so that each split has enough of each kind."""

import numpy as np
from pandas.util import hash_array

from components.validation.profile import Profile
from configs.schema.data import Split

SMALL = 1000  # rows below which a tenth is too little to judge by
JUDGED = 30  # rows of the rarest class, below which a split says little of it
ALIKE = 0.5  # of the rows: as many that differ, or fewer, are too few to be divided by what they hold


def choose_split(profile: Profile, label: str, kind: str, group: str | None) -> tuple[Split, int]:
    """Returns the split, and how many units it divides: groups, or rows.

    The rarer a class, the more of its rows judge, and each class is divided alike; equal rows part where few differ.
    """
    classes = kind in ("binary", "multiclass")
    rarest = profile.columns[label].counts.min() * profile.rows / profile.read if classes else profile.rows
    is_large = profile.rows >= SMALL and rarest / 10 >= JUDGED
    split = Split() if is_large else Split(train=6, eval=2, test=2)
    if group:
        return split, len(profile.columns[group].values)
    is_rare = classes and not is_large and rarest / 5 < JUDGED
    repeats = count_units(profile) < ALIKE * profile.read
    return split.model_copy(update={"stratify": is_rare, "repeats": repeats}), profile.rows


def count_units(profile: Profile) -> float:
    """Returns how many rows of as many copies each would be as uneven to divide as these: Kish's effective size."""
    hashes = np.zeros(profile.read, np.uint64)
    for column in profile.columns.values():
        if column.is_single:
            hashes = hashes * np.uint64(1_000_003) + hash_array(column.codes())
    _, counts = np.unique(hashes, return_counts=True)
    return float(profile.read**2 / (counts.astype(float) ** 2).sum())
