"""Why the version in service answers a row as it does: explain."""

from typing import Annotated

import typer

from configs.loading.loader import load
from pipelines.cli.options import ConfigPath, Format, Output, Overrides, answer

app = typer.Typer()


@app.command()
def explain(
    path: ConfigPath,
    row: Annotated[str, typer.Option(metavar="JSON", help="The row, with a key for each feature.")],
    version: Annotated[int | None, typer.Option(help="The version to ask; else the one in service.")] = None,
    overrides: Overrides = [],  # noqa: B006
    output: Format = Output.text,
) -> None:
    """Say what each feature of a row adds to its answer, against rows that the model was trained on."""
    explain_to(path, row, version, overrides, output)


def explain_to(path: str, row: str, version: int | None, overrides: list[str], output: Output) -> None:
    """Prints why a version answers a row as it does."""
    home = load(path, overrides).home
    from pipelines.serving.explain import explain_row, tell
    from pipelines.storage.sync import fetch_service

    fetch_service(home, every=version is not None)
    explained = explain_row(home, row, version)
    answer(output, explained.as_data(), tell(explained))
