"""What a config may hold: config schema."""

import json

import typer

app = typer.Typer()
config = typer.Typer(no_args_is_help=True, help="What a config may hold, for an editor.")
app.add_typer(config, name="config")


@config.command()
def schema() -> None:
    """Print the JSON Schema of a config, by which an editor completes keys and underlines mistakes."""
    from configs.reference.json_schema import write_schema

    typer.echo(json.dumps(write_schema(), indent=2))
