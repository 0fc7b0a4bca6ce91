"""Samples for the textbook models in configs/recipes: generated rows of exact shapes, that can be told apart.

slope: 1,000 points of y = 3x and normal noise of 0.1. vectors_20, vectors_100, vectors_1000: 2,000 rows of so many
numbers, a centre for each of 2, 10 and 10 classes and normal noise. shapes: 1,000 grey images of 28 x 28 pixels, a
pattern for each of 10 classes and noise. waves: 2,000 sequences of 100 numbers, waves of 20 steps or of 4,
from anywhere on, and noise. markers: 10,000 texts of 100 words, of which two stand anywhere: which of them is first?
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from configs.samples.datasets import Maker, encode_png, write_rows

if TYPE_CHECKING:
    import numpy as np

Draw = Callable[["np.random.Generator"], tuple[Sequence[Any], Sequence[Any]]]


def make_table(name: str, header: Sequence[str], draw: Draw) -> Maker:
    """Returns what writes rows of a number, a list of numbers or a text each, with their labels."""

    def write(folder: Path) -> None:
        cells, labels = draw(_chance())
        rows = ((_as_cell(cell), label) for cell, label in zip(cells, labels, strict=True))
        write_rows(folder / f"{name}.csv", header, rows)

    return write


def draw_slope(chance: "np.random.Generator") -> tuple[Sequence[Any], Sequence[Any]]:
    """Returns points on a line."""
    x = chance.uniform(-1, 1, 1000)
    return x.round(4).tolist(), (3 * x + chance.normal(0, 0.1, 1000)).round(4).tolist()


def draw_vectors(width: int, classes: int) -> Draw:
    """Returns what draws vectors around centres, which lie about 14 standard deviations from one another."""

    def draw(chance: "np.random.Generator") -> tuple[Sequence[Any], Sequence[Any]]:
        labels = chance.integers(0, classes, 2000)
        centres = chance.normal(0, 10 / width**0.5, (classes, width))
        return (centres[labels] + chance.normal(size=(2000, width))).round(3), labels.tolist()

    return draw


def draw_waves(chance: "np.random.Generator") -> tuple[Sequence[Any], Sequence[Any]]:
    """Returns waves that last 20 steps, of class 0, and 4."""
    import numpy as np

    labels = chance.integers(0, 2, 2000)
    angles = 2 * np.pi * (np.arange(100) / 20 * (1 + 4 * labels[:, None]) + chance.uniform(size=(2000, 1)))
    return (np.sin(angles) + chance.normal(0, 0.1, angles.shape)).round(3), labels.tolist()


def draw_markers(chance: "np.random.Generator") -> tuple[Sequence[Any], Sequence[Any]]:
    """Returns texts, and the marker that stands first."""
    texts, labels = [], []
    for _ in range(10_000):
        words = [f"word{number}" for number in chance.integers(0, 20, 100)]
        first, second = sorted(chance.choice(100, 2, replace=False).tolist())
        markers = ["alpha", "omega"] if chance.random() < 0.5 else ["omega", "alpha"]
        words[first], words[second] = markers
        texts.append(" ".join(words))
        labels.append(markers[0])
    return texts, labels


def make_shapes(folder: Path) -> None:
    """Writes a folder for each class, with a PNG file for each image: 7 x 7 squares, bright or dark, and noise."""
    chance = _chance()
    patterns = (chance.random((10, 7, 7)) < 0.5).repeat(4, axis=1).repeat(4, axis=2)
    for number, label in enumerate(chance.integers(0, 10, 1000).tolist()):
        grey = (64 + 128 * patterns[label] + chance.normal(0, 30, (28, 28))).clip(0, 255).astype("uint8")
        path = folder / str(label) / f"{number:04d}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode_png([row.tobytes() for row in grey]))


def _chance() -> "np.random.Generator":
    import numpy as np

    return np.random.default_rng(0)


def _as_cell(cell: Any) -> Any:
    return " ".join(map(str, cell.tolist())) if hasattr(cell, "tolist") else cell


TASKS: dict[str, Maker] = {
    "slope": make_table("slope", ["x", "y"], draw_slope),
    "vectors_20": make_table("vectors_20", ["x", "label"], draw_vectors(20, 2)),
    "vectors_100": make_table("vectors_100", ["x", "label"], draw_vectors(100, 10)),
    "vectors_1000": make_table("vectors_1000", ["x", "label"], draw_vectors(1000, 10)),
    "waves": make_table("waves", ["x", "label"], draw_waves),
    "markers": make_table("markers", ["text", "first"], draw_markers),
    "shapes": make_shapes,
}
