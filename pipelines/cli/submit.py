"""A run on a cluster: submit."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from components.registry.model_registry import whoami
from configs.errors import ConfigError, MillraceError
from configs.home import Home
from configs.loading.loader import read_document, validate
from configs.loading.yaml_document import absence
from configs.schema.config import Config
from pipelines.cli.compile import Engine, ImageTemplate
from pipelines.cli.follow import Followed, follow
from pipelines.cli.options import Access, ConfigPath, DryRun, Format, Host, Output, Overrides, answer
from pipelines.compiler.engines import refuse_server
from pipelines.compiler.workflow_size import refuse_large
from pipelines.remote.connect import connect_service
from pipelines.remote.ending import VERDICTS
from pipelines.remote.submit import asks_schedule, read_compiled, read_documents, read_parameters
from pipelines.reporting.console import open_console

app = typer.Typer()

Where = Annotated[Engine, typer.Option("--engine", help="Kubeflow Pipelines, or Vertex AI.")]
READ_HERE = ("name", "cluster", "schedule")
Parameters = Annotated[
    list[str], typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the compiled pipeline.")
]
Compiled = Annotated[
    str | None, typer.Option(metavar="FILE.yaml", help="What `millrace compile` wrote; else it is compiled now.")
]


@app.command()
def submit(
    path: ConfigPath,
    overrides: Overrides = [],  # noqa: B006
    parameters: Parameters = [],  # noqa: B006
    image: ImageTemplate = None,
    compiled: Compiled = None,
    engine: Where = Engine.kubeflow,
    host: Host = None,
    access: Access = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end; exit as `run` does.")] = False,
    resubmit: Annotated[
        int, typer.Option(min=0, help="With --wait: hand it in again so often where it failed without a verdict.")
    ] = 0,
    deadline: Annotated[
        float | None,
        typer.Option(
            "--start-deadline", min=0, metavar="SECONDS", help="With --wait: end it if nothing starts so long."
        ),
    ] = None,
    dry_run: DryRun = False,
    output: Format = Output.text,
) -> None:
    """Run the pipeline on Kubeflow Pipelines or Vertex AI."""
    config = address(path, overrides, host, access)
    text = compile_or_read(path, overrides, image, compiled, engine)
    values = check_parameters(text, parameters, engine)
    if asks_schedule(text):  # which is no matter of whom submits it
        values.setdefault("asked", f"{whoami()} submits it")
    if resubmit and not wait:
        raise ConfigError("a run is handed in again once it has ended", "--resubmit", "Give --wait as well.")
    if dry_run:
        data = {"engine": engine.value, **_describe(config, engine), "parameters": values}
        answer(output, data, "\n".join(f"{key:16}{value}" for key, value in data.items()))
        return
    service = connect_service(engine.value, config)
    refuse_server(read_documents(text), service.release, str(config.cluster.host))
    console = open_console(stderr=output is Output.json)
    for left in range(resubmit, -1, -1):
        followed = Followed(service.submit(text, values), None)
        if output is Output.text:
            typer.echo(f"Run         {followed.run.run}\nLook at it  {followed.run.url}")
        if wait:
            followed = follow(service, config, path, followed.run, console, deadline)
        run, code = followed.run, followed.exit_code
        if not wait or run.state != "FAILED" or code in VERDICTS or _has_verdict(config, run.run):
            break
        if left and output is Output.text:
            typer.echo("It failed, and is handed in again: it goes on where it was.")
    if output is Output.json:
        ending = asdict(followed.ending) if followed.ending else {}
        typer.echo(json.dumps(run.as_data() | ending))
    raise typer.Exit(code)


def address(path: str, overrides: Sequence[str], host: str | None, access: str | None) -> Config:
    """Returns the config with the host and the access that the command names; they are no part of the pipeline.

    A variable of the environment has to be set where it is read here: a container may know what this machine does not.
    """
    given = {"cluster.host": host and json.dumps(host), "cluster.access": access}
    document = read_document(
        path, [*overrides, *(f"{key}={value}" for key, value in given.items() if value)], lenient=True
    )
    for keys, unset in document.variables.items():
        if unset and keys[0] in READ_HERE:
            raise absence(unset, document.where(keys))
    return validate(document, Path(path).absolute().parent, Path.cwd())


def compile_or_read(
    path: str,
    overrides: Sequence[str],
    image: str | None,
    compiled: str | None,
    engine: Engine,
    scheduled: bool = False,
) -> str:
    """Returns the text of a compiled pipeline, which is made of the config where no file of it is named."""
    if compiled is not None:
        return read_compiled(compiled)
    from pipelines.compiler.compile import compile_pipeline

    return compile_pipeline(path, overrides, engine.value, image, scheduled)


def check_parameters(text: str, given: Sequence[str], engine: Engine) -> dict[str, Any]:
    """Returns the values of a run's parameters; raises ConfigError where Argo could not keep the run."""
    values = read_parameters(text, given)
    if engine is Engine.kubeflow:
        specification, platform = read_documents(text)
        refuse_large(specification, platform, values, "--param")
    return values


def _describe(config: Config, engine: Engine) -> dict[str, Any]:
    cluster = config.cluster
    if engine is Engine.vertex:
        return cluster.vertex.model_dump() if cluster.vertex else {}
    return cluster.model_dump(include={"host", "namespace", "experiment", "service_account"})


def _has_verdict(config: Config, run_id: str) -> bool:
    """Whether a run's own record says that another would end the same; on a volume it cannot be read from here."""
    from pipelines.runs.directory import find_record
    from pipelines.storage import sync

    home = Home.below(config.cluster.root, config.name)
    if home.store is None:
        return False
    try:
        sync.fetch_records(home)
        return find_record(home, run_id)["exit_code"] in VERDICTS
    except MillraceError:
        return False
