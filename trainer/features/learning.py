"""From batches of training rows to what is learnt of them, by counts and sums that can be added up in any order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import nlargest

import numpy as np
import pyarrow as pa
from tfx_bsl.sketches import QuantilesSketch

from configs.schema.features import Feature
from trainer.features.cells import NUMBERS, Cells
from trainer.features.learnt import Learnt, Moments
from trainer.features.transforms import list_buckets, list_vocabularies, measure, read_words

EPSILON = 0.01  # of the rows, by which the edge of a bucket may be off
MOST = 1 << 32  # rows, up to which that holds
NONE = b"\0"  # stands in a vocabulary that found no value: tables cannot be empty, and no cell holds a NUL


@dataclass
class Seen:
    """What has been seen of the rows so far; of quantiles, what TFX's own sketch keeps."""

    moments: dict[str, Moments] = field(default_factory=dict)
    quantiles: dict[str, QuantilesSketch] = field(default_factory=dict)
    words: dict[str, Counter[bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, features: Mapping[str, Feature], cells: Cells) -> "Seen":
        """Returns what a batch of rows shows."""
        measured = {group: tensor.numpy() for group, tensor in measure(features, cells).items()}
        return cls(
            {group: Moments.of(numbers) for group, numbers in measured.items()},
            {name: _sketch(measured[NUMBERS][:, place]) for name, (place, _) in list_buckets(features).items()},
            {name: Counter(words.numpy().ravel().tolist()) for name, words in read_words(features, cells).items()},
        )

    def add(self, other: "Seen") -> "Seen":
        """Adds what another has seen; returns itself."""
        for group, found in other.moments.items():
            self.moments[group] = self.moments[group].add(found) if group in self.moments else found
        for name, sketch in other.quantiles.items():
            self.quantiles.setdefault(name, QuantilesSketch(EPSILON, MOST, 1)).Merge(sketch)
        for name, counts in other.words.items():
            self.words.setdefault(name, Counter()).update(counts)
        return self

    def conclude(self, features: Mapping[str, Feature]) -> Learnt:
        """Returns what is learnt of all that was seen."""
        sizes = list_vocabularies(features)
        return Learnt(
            self.moments,
            {name: _cut(self.quantiles[name], count) for name, (_, count) in list_buckets(features).items()},
            {name: _rank(self.words[name], size) for name, size in sizes.items()},
        )


def _sketch(numbers: np.ndarray) -> QuantilesSketch:
    sketch = QuantilesSketch(EPSILON, MOST, 1)
    sketch.AddValues(pa.array(numbers))  # of which it leaves NaN out
    return sketch


def _cut(sketch: QuantilesSketch, buckets: int) -> list[float]:
    """Return the edges between the buckets; of no numbers all are 0."""
    found = sketch.GetQuantiles(buckets).to_pylist()
    return found[0][1:-1] if found else [0.0] * (buckets - 1)


def _rank(counts: Counter[bytes], size: int) -> list[bytes]:
    """Return the most frequent values as `tft.vocabulary` has them.

    By count, and equal counts by value, both descending, and without blanks and values of several lines.
    """
    told = ((count, value) for value, count in counts.items() if value and b"\n" not in value and b"\r" not in value)
    return [value for _, value in nlargest(size, told)] or [NONE]
