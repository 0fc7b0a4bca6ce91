"""Rows that nobody ever was: synthesize."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from configs.loading.loader import load
from pipelines.cli.options import ConfigPath, Format, Output, Overrides, answer

app = typer.Typer()


class Method(str, Enum):
    """How rows are made."""

    copula = "copula"
    gan = "gan"


@app.command()
def synthesize(
    path: ConfigPath,
    rows: Annotated[int, typer.Option(min=1, metavar="N", help="How many.")],
    file: Annotated[Path, typer.Option("-o", "--into", metavar="FILE", help="Where to: .csv or .parquet.")],
    method: Annotated[
        list[Method], typer.Option(help="By which; given twice the second is judged beside the first.")
    ] = [Method.copula],  # noqa: B006
    seed: Annotated[int, typer.Option(min=0, help="Equal ones make equal rows.")] = 0,
    overrides: Overrides = [],  # noqa: B006
    output: Format = Output.text,
) -> None:
    """Make rows like those that the version in service was trained on, and say what they are worth beside real ones."""
    home = load(path, overrides).home
    from pipelines.storage.sync import fetch_service
    from pipelines.synthesis.made_rows import make_rows, tell

    fetch_service(home)
    made = make_rows(home, rows, file, [each.value for each in method], seed)
    answer(output, made.as_data(), tell(made))
