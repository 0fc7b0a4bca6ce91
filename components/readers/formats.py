"""The formats of data, each by the name that `data.format` has for it: for training, scoring and `init` alike."""

from dataclasses import replace

from components.readers.class_folders import Images, Texts
from components.readers.data_file import strip_compression
from components.readers.delimited import Csv
from components.readers.file_format import FileFormat
from components.readers.json_array import Json
from components.readers.json_lines import JsonLines
from components.readers.parquet_file import Parquet
from components.readers.suffixes import ITEMS
from components.readers.tfrecord import TFRecord
from components.readers.workbook import Workbook
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect

FORMATS: dict[str, FileFormat] = {
    "csv": Csv(),
    "jsonl": JsonLines(),
    "json": Json(),
    "parquet": Parquet(),
    "sql": Parquet(),
    "workbook": Workbook(),
    "tfrecord": TFRecord(),
    "images": Images(),
    "text": Texts(),
}
CERTAIN = ("csv", "jsonl", "json", "parquet", "tfrecord", "workbook")  # whose names nothing else bears


def find_format(path: str, name: str, dialect: Dialect = PLAIN) -> FileFormat:
    """Return what reads a data file: as its format says, but for a table of images, and a file of lines of text."""
    return FORMATS[name].speak(dialect).choose(path)


def name_format(path: str) -> str | None:
    """Return the format that a file's name says, None where it says nothing certain."""
    name = strip_compression(path).lower()
    return next((key for key in CERTAIN if name.endswith(FORMATS[key].suffixes)), None)


def find_scored(path: str, trained: str = "", dialect: Dialect = PLAIN, source: str = "") -> FileFormat:
    """Return what reads a file that is to be scored, as its name says; raise DataRejected where it says nothing.

    One of the format that a model was `trained` on is of the same dialect; its compression its name tells. Where that
    are texts, one in a folder that is the `source` is a row, as in the folder of a class; else each of its lines is.
    """
    if trained == "text" and path.lower().endswith(ITEMS["text"]):
        return FORMATS["text"].speak(dialect).choose(source or path)
    for name, format in FORMATS.items():
        if path.lower().endswith(format.scored) or strip_compression(path).lower().endswith(format.scored):
            return format.speak(replace(dialect, compression="")) if name == trained else format
    known = ", ".join(suffix for format in FORMATS.values() for suffix in format.scored)
    raise DataRejected(f"The file is none of {known}.", path, "Correct --input, or rename the file.")
