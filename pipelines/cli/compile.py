"""A pipeline in a cluster: compile, image."""

import shlex
from enum import Enum
from typing import Annotated

import typer

from pipelines.cli.options import ConfigPath, DryRun, Format, Output, Overrides, answer

app = typer.Typer()


class Engine(str, Enum):
    """What runs a pipeline in a cluster."""

    kubeflow = "kubeflow"
    vertex = "vertex"


class Flavour(str, Enum):
    """What an image is for."""

    cpu = "cpu"
    gpu = "gpu"
    tpu = "tpu"


Flavours = Annotated[list[Flavour], typer.Option("--flavour", help="Else those that the config's steps ask for.")]
Tag = Annotated[
    str | None,
    typer.Option("--tag", metavar="TEMPLATE", help="The name, with {flavour} and {digest}; else the config's image."),
]
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
    scheduled: Annotated[
        bool, typer.Option("--scheduled", help="For `schedule apply`: a run asks the schedule first whether to train.")
    ] = False,
    overrides: Overrides = [],  # noqa: B006
    output: Format = Output.text,
) -> None:
    """Write the pipeline as a file that Kubeflow Pipelines or Vertex AI runs, each node a container."""
    from pipelines.compiler.compile import compile_pipeline
    from pipelines.runs.output_file import refuse_sources, write_output

    refuse_sources(file, [path])
    text = compile_pipeline(path, overrides, engine.value, image, scheduled)
    if file == "-":
        typer.echo(text, nl=False)
        return
    write_output(file, text)
    answer(output, {"file": file, "engine": engine.value}, f"{file} written for {engine.value}.")


@app.command()
def image(
    path: ConfigPath,
    options: Annotated[
        list[str], typer.Argument(metavar="-- OPTIONS", help="For the engine, like --network=host.")
    ] = [],  # noqa: B006
    flavours: Flavours = [],  # noqa: B006
    template: Tag = None,
    engine: Annotated[str | None, typer.Option(help="docker, podman or buildah; else the first that is here.")] = None,
    base: Annotated[str | None, typer.Option(metavar="IMAGE", help="What to build on; else Debian's image.")] = None,
    push: Annotated[bool, typer.Option("--push", help="Into the registry that the image's name begins with.")] = False,
    overrides: Overrides = [],  # noqa: B006
    dry_run: DryRun = False,
) -> None:
    """Build the images that the config's steps run in, of the code and the lock as they are here."""
    from pipelines.compiler import container_plan, image_build
    from pipelines.graph.fingerprint import of_image

    plan = container_plan.plan_containers(path, overrides, template)
    wanted = dict.fromkeys([item.value for item in flavours] or [item.resources.flavour for item in plan.containers])
    engine = engine or image_build.find_engine()
    template, own = template or plan.config.image, plan.own.digest
    boot = plan.config.beam.starts_images
    with plan.own.gathered() as folder:
        commands, names = [], []
        for flavour in wanted:
            code, name = (container_plan.name_image(template, flavour, of_image(each), boot) for each in ("", own))
            commands.append(image_build.build_command(engine, flavour, code, base, options, boot))
            commands += [image_build.layer_command(engine, code, name, folder, own)] if own else []
            names.append(name)
        for command in [*commands, *(image_build.push_command(engine, name) for name in names if push and dry_run)]:
            typer.echo(f"$ {shlex.join(command)}")
            if not dry_run:
                image_build.run_command(command)
    for name in names if push and not dry_run else ():
        typer.echo(f"$ {shlex.join(image_build.push_command(engine, name))}")
        typer.echo(f"It is {image_build.push(engine, name)}, which `image:` or --image may name.")
