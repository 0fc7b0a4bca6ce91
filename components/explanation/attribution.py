"""What the parts of one row add to its answer: the pixels of its pictures, the words of its texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

TOLERANCE = 0.01  # by how much the sum may be off, as a share of all that is added and taken


@dataclass(frozen=True)
class Attribution:
    """What is added to an answer, by feature: by pixels [height, width], by words [length], which `words` names.

    It sums to `answer` less `base`, the answer to black pictures and words that mean nothing, but for `gap`.
    """

    added: Mapping[str, np.ndarray]
    answer: float
    base: float
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """How far the sum is off."""
        return float(sum(part.sum() for part in self.added.values())) - (self.answer - self.base)

    @property
    def is_complete(self) -> bool:
        """Whether the sum is right within TOLERANCE."""
        return abs(self.gap) <= TOLERANCE * sum(np.abs(part).sum() for part in self.added.values())

    def share(self, feature: str) -> np.ndarray | None:
        """Returns what the parts of a feature add, as shares of the most that any part of the row does: -1 to 1."""
        most = max((np.abs(part).max() for part in self.added.values()), default=0.0)
        return self.added[feature] / most if feature in self.added and most else None
