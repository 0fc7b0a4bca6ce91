"""What Transform learns of the training rows, and the files that it travels in; begin with `Learnt`."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath

import numpy as np
import tensorflow as tf

FOLDER = "learnt"  # within the artifact of Transform's graph
NUMBERS_FILE, VOCABULARIES = "numbers.json", "vocabularies"


@dataclass(frozen=True)
class Moments:
    """Of each of some columns, float64 [columns]: how many numbers, their mean, their squared distances from it, ends.

    Columns that held no number have the mean 0 and no spread.
    """

    count: np.ndarray
    mean: np.ndarray
    squares: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, numbers: np.ndarray) -> "Moments":
        """Returns those of [rows, columns], in which NaN is no number."""
        there = ~np.isnan(numbers)
        whole = np.where(there, numbers, 0.0).astype(np.float64)
        count = there.sum(axis=0).astype(np.float64)
        mean = whole.sum(axis=0) / np.maximum(count, 1)
        squares = (np.where(there, whole - mean, 0.0) ** 2).sum(axis=0)
        low = np.where(there, numbers, math.inf).min(axis=0, initial=math.inf).astype(np.float64)
        high = np.where(there, numbers, -math.inf).max(axis=0, initial=-math.inf).astype(np.float64)
        return cls(count, mean, squares, low, high)

    def add(self, other: "Moments") -> "Moments":
        """Returns those of both together, by Chan, Golub and LeVeque, 1979."""
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        apart = other.mean - self.mean
        return Moments(
            count,
            self.mean + apart * share,
            self.squares + other.squares + apart**2 * self.count * share,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
        )

    @property
    def deviation(self) -> np.ndarray:
        """The standard deviation, that of the rows themselves."""
        return np.sqrt(self.squares / np.maximum(self.count, 1))

    @property
    def range(self) -> np.ndarray:
        """From the lowest to the highest; 0 without any number."""
        return np.where(self.count > 0, self.high - self.low, 0.0)


@dataclass(frozen=True)
class Learnt:
    """What is known of the training rows: moments by group of columns, edges and vocabularies by column."""

    moments: Mapping[str, Moments]
    edges: Mapping[str, list[float]]
    vocabularies: Mapping[str, list[bytes]]
    folder: str = ""  # where it lies, once it is written

    def write(self, graph: str) -> None:
        """Writes it into the folder of Transform's graph: numbers as JSON, a vocabulary as a value a line."""
        folder = PurePath(graph, FOLDER)
        tf.io.gfile.makedirs(str(folder / VOCABULARIES))
        moments = {group: _list_parts(found) for group, found in self.moments.items()}
        numbers = {"moments": moments, "edges": dict(self.edges), "vocabularies": list(self.vocabularies)}
        with tf.io.gfile.GFile(str(folder / NUMBERS_FILE), "w") as file:
            file.write(json.dumps(numbers))
        for name, values in self.vocabularies.items():
            with tf.io.gfile.GFile(str(folder / VOCABULARIES / name), "wb") as file:
                file.write(b"".join(value + b"\n" for value in values))

    @classmethod
    def read(cls, graph: str) -> "Learnt":
        """Returns what was written there."""
        folder = PurePath(graph, FOLDER)
        with tf.io.gfile.GFile(str(folder / NUMBERS_FILE)) as file:
            found = json.loads(file.read())
        vocabularies = {}
        for name in found["vocabularies"]:
            with tf.io.gfile.GFile(str(folder / VOCABULARIES / name), "rb") as file:
                vocabularies[name] = file.read().split(b"\n")[:-1]
        moments = {
            group: Moments(**{part: np.array(values) for part, values in parts.items()})
            for group, parts in found["moments"].items()
        }
        return cls(moments, found["edges"], vocabularies, str(folder))

    @property
    def sizes(self) -> dict[str, int]:
        """How many values each vocabulary holds."""
        return {name: len(values) for name, values in self.vocabularies.items()}

    def find_vocabulary(self, name: str) -> str:
        """Returns the path of a written vocabulary."""
        return str(PurePath(self.folder, VOCABULARIES, name))


def _list_parts(moments: Moments) -> dict[str, list[float]]:
    return {part: values.tolist() for part, values in asdict(moments).items()}
