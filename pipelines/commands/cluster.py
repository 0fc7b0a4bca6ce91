"""A pipeline in a cluster: compile."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import ConfigError
from pipelines.commands.options import ConfigPath, Format, Output, Overrides, answer

app = typer.Typer()


class Engine(str, Enum):
    """What runs a pipeline in a cluster."""

    kubeflow = "kubeflow"
    vertex = "vertex"


ImageTemplate = Annotated[
    str | None,
    typer.Option("--image", metavar="TEMPLATE", help="Of the image, with {flavour} and {digest}; else the config's."),
]


@app.command()
def compile(
    path: ConfigPath,
    file: Annotated[str, typer.Option("-o", "--file", metavar="FILE.yaml", help="What to write; - prints it.")],
    engine: Annotated[Engine, typer.Option(help="What is to run it.")] = Engine.kubeflow,
    image: ImageTemplate = None,
    overrides: Overrides = [],  # noqa: B006
    output: Format = Output.text,
) -> None:
    """Write the pipeline as a file that Kubeflow Pipelines or Vertex AI runs, each node a container."""
    from pipelines import kubeflow

    text = kubeflow.compile(path, overrides, engine.value, image)
    if file == "-":
        typer.echo(text, nl=False)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file, "Name another file with -o.") from None
    answer(output, {"file": file, "engine": engine.value}, f"{file} written for {engine.value}.")
