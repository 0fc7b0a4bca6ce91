"""Columns that the folders of files name, as Hive, Spark and pandas lay out partitions: region=a/year=2024/rows.csv."""

import os
from collections.abc import Mapping
from urllib.parse import unquote

import pyarrow as pa

from components.readers.data_file import is_partition

NULL = "__HIVE_DEFAULT_PARTITION__"


def find_partitions(path: str) -> dict[str, str | None]:
    """Return the columns, and their values, that the folders right above a file name, the outermost first."""
    pairs = (folder.split("=", 1) for folder in list_folders(path))
    return {unquote(name): None if value == NULL else unquote(value) for name, value in pairs}


def list_folders(path: str) -> list[str]:
    """Return the names of these folders."""
    folders: list[str] = []
    while is_partition(path := os.path.dirname(path)):
        folders.insert(0, os.path.basename(path))
    return folders


def add_columns(batch: pa.RecordBatch, found: Mapping[str, str | None]) -> pa.RecordBatch:
    """Return the batch with a column of text for each, of one value in all rows."""
    cells = [pa.array([value] * len(batch), pa.string()) for value in found.values()]
    return pa.RecordBatch.from_arrays([*batch.columns, *cells], [*batch.schema.names, *found]) if found else batch
