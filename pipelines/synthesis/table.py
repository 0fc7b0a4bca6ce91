"""Kept rows as a table of numbers and categories, and made ones as the cells of a file."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from configs.errors import ConfigError
from configs.schema.config import Config
from configs.schema.features import Boolean, Categorical, Numeric, Timestamp

EPOCH = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}  # a second has so many


def require_table(config: Config) -> None:
    """Raises ConfigError, with the key, for what is no row of numbers, categories and moments with one label."""
    for name, feature in config.features.items():
        where = f"features.{name}"
        if not isinstance(feature, Numeric | Categorical | Boolean | Timestamp):
            raise ConfigError(f"rows with a column of kind {feature.kind} cannot be generated", f"{where}.kind")
        if isinstance(feature, Timestamp) and not _is_writable(feature.format):
            raise ConfigError(f"moments as {feature.format} cannot be generated", f"{where}.format")
    if config.label.kind == "multilabel":
        raise ConfigError("rows with several labels cannot be generated", "label.kind")
    if config.data.window:
        raise ConfigError("a series cannot be generated: its rows follow from each other", "data.window")


def read_table(files: Sequence[Path], config: Config) -> pd.DataFrame:
    """Returns kept rows: floats with NaN, texts with None; the label of classes is a text."""
    names = [*config.features, config.label.name]
    kept = pa.concat_tables(parquet.read_table(file, columns=names) for file in files)
    return pd.DataFrame({name: _read_column(kept[name], name, config) for name in names})


def write_cells(table: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Returns made rows as a file has them: whole numbers without a point, moments as the config reads them."""
    cells = pd.DataFrame(index=table.index)
    for name, feature in [*config.features.items(), (config.label.name, config.label)]:
        column = table[name]
        if isinstance(feature, Timestamp):
            cells[name] = _write_moments(column.round(), feature.format)
        elif column.dtype.kind == "f":
            cells[name] = _write_numbers(column + getattr(feature, "offset", 0.0))
        else:
            cells[name] = column
    return cells


def _read_column(lists: pa.ChunkedArray, name: str, config: Config) -> pd.Series:
    column = pc.list_element(lists, 0)
    if name == config.label.name and config.label.kind != "regression":
        return pd.Series([config.label.values[number] for number in column.to_pylist()], dtype=object)
    if name == config.label.name or isinstance(config.features[name], Numeric | Timestamp):
        return column.cast(pa.float64()).to_pandas()
    found = (value.decode() if isinstance(value, bytes) else value for value in column.to_pylist())
    return pd.Series([None if value is None else str(value) for value in found], dtype=object)


def _write_numbers(column: pd.Series) -> pd.Series:
    known = column.dropna()
    return column.astype("Int64") if (known == known.round()).all() else column.astype("float32")


def _write_moments(column: pd.Series, written: str | None) -> pd.Series:
    if written in EPOCH:
        return column.astype("Int64") * EPOCH[written]
    return pd.to_datetime(column, unit="s").dt.strftime(written or "%Y-%m-%dT%H:%M:%SZ")


def _is_writable(written: str | None) -> bool:
    return written is None or written in EPOCH or ("%" in written and "%q" not in written)
