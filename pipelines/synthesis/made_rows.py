"""Rows made after those that a version was trained on, in a file, with what they are worth beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from rich.console import Group

from configs.errors import ConfigError, MillraceError
from configs.home import Home
from pipelines.reporting.console import listing
from pipelines.serving.batch_predict import choose_version
from pipelines.serving.kept_rows import find_rows
from pipelines.synthesis.account import Worth, judge
from pipelines.synthesis.table import read_table, require_table, write_cells

Method = Literal["copula", "gan"]  # modules beside this one, with a function `synthesize`
CAUTION = "Nothing here is private by proof: a made number lies within the range of the real ones, which rows may tell."


@dataclass(frozen=True)
class Made:
    """How many rows were made, after which version's, where they are, and what each method's are worth."""

    rows: int
    file: str
    version: int
    learnt_from: int
    methods: Mapping[str, Worth]

    def as_data(self) -> dict[str, Any]:
        """Returns it as JSON holds it."""
        return asdict(self)


def make_rows(home: Home, rows: int, file: Path, methods: Sequence[Method], seed: int) -> Made:
    """Writes rows of the first method, judges those of each, and writes that beside them.

    Raises ConfigError for what cannot be made, MillraceError where the rows to learn from are gone, or no disk is left.
    """
    if file.suffix not in WRITERS:
        raise ConfigError(f"a file of rows ends with {' or '.join(WRITERS)}", str(file))
    version, config = choose_version(home, None)
    require_table(config)
    train, test = (read_table(find_rows(home, version, split), config) for split in ("train", "test"))
    made: dict[str, pd.DataFrame] = {
        method: synthesize(method, train, config.label.name, max(rows, len(train)), seed) for method in methods
    }
    alike = {method: table[: len(train)] for method, table in made.items()}  # as many as they are held against
    found = judge(config.label.kind, config.label.name, train, test, alike)
    told = Made(rows, str(file), version.number, len(train), found)
    try:
        WRITERS[file.suffix](write_cells(made[methods[0]][:rows], config), file)
        file.with_suffix(".json").write_text(json.dumps(told.as_data(), indent=2) + "\n")
    except OSError as error:
        raise MillraceError(f"the rows cannot be written: {error.strerror}", str(file)) from error
    return told


def synthesize(method: Method, table: pd.DataFrame, label: str, rows: int, seed: int) -> pd.DataFrame:
    """Returns rows like those of a table by a method; equal seeds make equal rows of equal tables."""
    module = import_module(f"pipelines.synthesis.{method}")  # one loads TensorFlow
    made: pd.DataFrame = module.synthesize(table, label, rows, np.random.default_rng(seed))
    return made


def tell(made: Made) -> Group:
    """Returns what a person is told: what the rows are worth, a column a method, beside real rows."""
    table = listing("", *made.methods, "real rows")
    worths = list(made.methods.values())
    of = worths[0]
    for model, reached in of.real.items():
        name = f"{of.metric} of {model}, trained on them"
        table.add_row(name, *(f"{worth.learnt[model]:.4f}" for worth in worths), f"{reached:.4f}")
    table.add_row("told from real ones; 0.5: not at all", *(f"{worth.told_apart:.4f}" for worth in worths), "")
    table.add_row("distance to the nearest real row", *(f"{worth.near:.4f}" for worth in worths), f"{of.near_real:.4f}")
    table.add_row("equal to a real row", *(f"{worth.equal:.2%}" for worth in worths), f"{of.equal_real:.2%}")
    first = next(iter(made.methods))
    learnt = f"after the {made.learnt_from:,} that version {made.version} learnt from"
    return Group(f"{made.rows:,} rows in {made.file}, by {first}, {learnt}", table, CAUTION)


def _write_parquet(cells: pd.DataFrame, file: Path) -> None:
    parquet.write_table(pa.Table.from_pandas(cells, preserve_index=False), file)


WRITERS = {".csv": lambda cells, file: cells.to_csv(file, index=False), ".parquet": _write_parquet}
