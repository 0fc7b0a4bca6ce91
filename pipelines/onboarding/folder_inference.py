"""Classes by folder: whether data is images or texts whose folders name their classes, and what to make of them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from components.readers.data_file import is_partition, is_shown
from components.readers.files import FOLDER, list_files, open_data, open_folder
from components.readers.formats import FORMATS
from components.readers.suffixes import ITEMS
from components.validation.profile import Column, Profile, describe, profile_files
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect
from pipelines.onboarding.dialect_inference import SAMPLE, find_encoding
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.feature_inference import guess
from pipelines.onboarding.picture_inference import describe_pictures

LABEL = "label"  # the column that the folders' names are
UNREAD = (".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".avif", ".svg", ".dcm")  # images of other kinds
LOOKED = 200  # texts that are opened
TEXT = Guess("texts", "text", {"vocabulary": 5000, "length": 100})


@dataclass(frozen=True)
class Classes:
    """Files of a format, one for each class: folders, or texts of a row a line."""

    format: str
    files: Sequence[str]
    dialect: Dialect
    profile: Profile  # the label of each row, its file, and the text of texts

    @property
    def label(self) -> Column:
        return self.profile.columns[LABEL]


def find_classes(data: str) -> Classes | None:
    """Returns what the folders hold; None where `data` is no folder of them, but of tables.

    Raises DataRejected for images without a folder for each class, and for folders within those of the classes.
    """
    base, pattern = open_data(data)
    base = base or "."
    names = sorted(filter(is_shown, os.listdir(base))) if pattern == FOLDER and os.path.isdir(base) else []
    paths = [os.path.join(base, name) for name in names]
    folders = [path for path in paths if os.path.isdir(path)]
    if any(map(is_partition, folders)) or any(name.lower().endswith(".csv") for name in names):
        return None  # of which the second may be a table of images
    require_read(data, folders or paths)
    format = name_format(folders or paths)
    if format is None:
        return None
    if format == "images" and not folders:
        what = "The folder holds images, and no folder for each class."
        raise DataRejected(what, data, "Put those of a class into a folder of its name, or name them in a CSV file.")
    require_classes(data, folders)
    files = list_files(base, FOLDER, format)
    if format == "images":
        return Classes(format, files, PLAIN, count_images(files))
    dialect = Dialect(encoding=find_encoding(_read_head(files)))
    return Classes(format, files, dialect, profile_files(files, format, dialect))


def require_read(data: str, paths: Sequence[str]) -> None:
    """Raises DataRejected for images of a kind that is not read, where the first file is one."""
    first = next((file for path in paths for file in open_folder(path)), "").lower()
    if suffix := next((suffix for suffix in UNREAD if first.endswith(suffix)), None):
        what = f"The folder holds {suffix} images, and PNG and JPEG are those that are read."
        raise DataRejected(what, data, "Write them as PNG or JPEG.")


def name_format(paths: Sequence[str]) -> str | None:
    """Returns the format of what lies there, in folders or not, by the first file; None for tables."""
    first = next((file for path in paths for file in open_folder(path)), "").lower()
    return next((format for format, suffixes in ITEMS.items() if first.endswith(suffixes)), None)


def require_classes(data: str, folders: Sequence[str]) -> None:
    """Raises DataRejected where folders are no classes, but splits that have the same ones in them."""
    inside = [{name for name in os.listdir(path) if os.path.isdir(os.path.join(path, name))} for path in folders]
    if len(inside) > 1 and len(set.intersection(*inside)) > 1:
        what = f"Each of {', '.join(map(os.path.basename, folders))} holds the same folders, as splits of data do."
        one = os.path.join(data, os.path.basename(folders[-1]))
        raise DataRejected(what, data, f"Name one of them: millrace init {one}. A run divides the rows itself.")


def count_images(folders: Sequence[str]) -> Profile:
    """Returns the profile of the images by their names, of which none is read."""
    reader = FORMATS["images"]
    files = {folder: reader.list_parts(folder) for folder in folders}
    labels = [os.path.basename(folder) for folder in folders for _ in files[folder]]
    paths = [path for folder in folders for path in files[folder]]
    columns = {"file": pa.chunked_array([pa.array(paths)]), LABEL: pa.chunked_array([pa.array(labels)])}
    return Profile({name: describe(name, cells) for name, cells in columns.items()}, len(paths), len(paths))


def describe_feature(found: Classes) -> tuple[str, Guess]:
    """Returns the one feature, and its name."""
    if found.format == "text":
        text = guess(found.profile.columns["text"])
        return "text", text if text.kind == "text" else TEXT
    paths = found.profile.columns["file"].cells.to_pylist()
    return "image", describe_pictures(paths)


def _read_head(files: Sequence[str]) -> bytes:
    """Returns the beginning of some texts."""
    parts = [part for path in files for part in open_folder(path)]
    head = b""
    for at in np.unique(np.linspace(0, len(parts) - 1, LOOKED, dtype=int)):
        with open(parts[at], "rb") as file:
            head += file.read(SAMPLE // LOOKED)
    return head
