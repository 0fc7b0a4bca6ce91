"""This machine: doctor."""

from dataclasses import asdict

import typer
from rich.text import Text

from pipelines.cli.options import Format, Output, answer
from pipelines.reporting.console import listing

app = typer.Typer()


@app.command()
def doctor(output: Format = Output.text) -> None:
    """Examine this machine: interpreter, packages, disk, memory."""
    from pipelines.cli.diagnostics import examine

    findings = examine()
    table = listing("", "what", "found", "remedy")
    for finding in findings:
        mark = Text("✓", "green") if finding.ok else Text("✗", "red")
        table.add_row(mark, finding.name, finding.value, finding.remedy)
    answer(output, [asdict(finding) for finding in findings], table)
    raise typer.Exit(int(any(finding.required and not finding.ok for finding in findings)))
