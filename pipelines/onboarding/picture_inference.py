"""What a first model sees of pictures: of which size, grey or in colours, and by which network."""

import io
import os
from base64 import b64decode
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from PIL import Image

from components.readers.suffixes import IMAGE
from components.validation.image_cells import IN_BASE64, JPEG, PNG
from components.validation.profile import Column
from components.validation.spelling import is_text
from configs.errors import DataRejected
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.model_choice import Choice

LOOKED = 200  # pictures that are opened
LARGEST = 64  # pixels of a side that a first model sees
SMALLEST = 4  # pixels of a side, up to which pooling halves it
FILTERS = (32, 64, 128, 128, 128)
DENSE = "dnn, hidden_units: [128]"  # of images that are too small to be halved
TRAINING = {
    "batch_size": "32",
    "epochs": "30",
    "optimizer": "{name: adam, learning_rate: 0.001}",
    "early_stopping": "{patience: 6}",
}


def find_pictures(columns: Mapping[str, Column], format: str, folder: str) -> tuple[dict[str, Guess], str]:
    """Returns the columns that hold or name pictures, what they make, and the format of data that is read so."""
    named = find_named(columns, folder) if format == "csv" else {}
    is_table = any(found.kind for found in named.values())
    return named | find_held(columns), "images" if is_table else format


def find_named(columns: Mapping[str, Column], folder: str) -> dict[str, Guess]:
    """Returns the columns of a table that name pictures, relative to its folder, and what they make.

    Those that name pictures which are not there make nothing.
    """
    found = {}
    for name, column in columns.items():
        paths = column.texts.to_pylist() if is_text(column.values.type) else []
        if paths and all(path.lower().endswith(IMAGE) for path in paths):
            there = [path for path in (os.path.join(folder, path) for path in paths) if os.path.isfile(path)]
            absent = Guess(f"names pictures that do not lie beside the table, such as {paths[0]}")
            found[name] = describe_pictures(there) if 2 * len(there) > len(paths) else absent
    return found


def find_held(columns: Mapping[str, Column]) -> dict[str, Guess]:
    """Returns the columns whose cells are pictures, as bytes or in base64, and what they make."""
    found = {}
    for name, column in columns.items():
        if column.is_bytes or column.is_single and is_text(column.values.type):
            held = column.cells.drop_null()
            cells = held.take(pa.array(spread_evenly(len(held)), pa.int64())).to_pylist()
            if cells and all(cell.startswith(IN_BASE64 if isinstance(cell, str) else (PNG, JPEG)) for cell in cells):
                pictures = [b64decode(cell) if isinstance(cell, str) else cell for cell in cells]
                found[name] = describe_pictures([io.BytesIO(picture) for picture in pictures], name)
    return found


def spread_evenly(count: int) -> list[int]:
    """Returns the places of those that are looked at."""
    return np.unique(np.linspace(0, count - 1, LOOKED, dtype=int)).tolist() if count else []


def describe_pictures(files: Sequence[str | io.BytesIO], where: str = "") -> Guess:
    """Returns the feature that pictures make, by name or as files; raises DataRejected where none can be opened."""
    seen = [shown for at in spread_evenly(len(files)) if (shown := _look(files[at]))]
    if not seen:
        raise DataRejected(
            "None of the pictures can be opened.", where or str(files[0]), "Correct them, or leave them out."
        )
    sizes, colours = zip(*seen, strict=True)
    height, width = fit(np.array(sizes))
    (low, high), channels = np.quantile(sizes, [0, 1], axis=0).astype(int).tolist(), 3 if any(colours) else 1
    range_ = " to ".join(dict.fromkeys(f"{size[0]} x {size[1]}" for size in (low, high)))
    reason = f"{range_} pixels, {'colours' if channels == 3 else 'grey'}"
    return Guess(reason, "image", {"height": height, "width": width, "channels": channels})


def fit(sizes: np.ndarray) -> tuple[int, int]:
    """Returns the height and width that a model sees of images [count, 2]: their own where small, or scaled down."""
    height, width = np.median(sizes, axis=0)
    scale = min(1.0, LARGEST / max(height, width))
    if scale == 1:
        return int(height), int(width)
    return max(8, 8 * round(height * scale / 8)), max(8, 8 * round(width * scale / 8))


def choose_network(image: Guess) -> Choice:
    """Returns convolutions for images of this size: each halves them, as long as something is left."""
    side, blocks = min(image.options["height"], image.options["width"]), []
    for filters in FILTERS:
        if side < SMALLEST:
            break
        blocks.append(f"{{filters: {filters}}}")
        side //= 2
    network = f"cnn, blocks: [{', '.join(blocks)}], hidden_units: [128], dropout: 0.2" if blocks else DENSE
    return Choice(f"{{family: {network}}}", TRAINING, "For images of this size")


def _look(path: str | io.BytesIO) -> tuple[tuple[int, int], bool] | None:
    """Returns height and width of a picture, and whether it has colours; None where it cannot be opened."""
    try:
        with Image.open(path) as picture:
            small = np.asarray(picture.convert("RGB").resize((16, 16)), int)
            return (picture.height, picture.width), bool(np.ptp(small, axis=2).max() > 8)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
