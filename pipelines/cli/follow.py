"""A run elsewhere, followed to its end by the screen that a local one has."""

import sys
from dataclasses import dataclass
from functools import partial

import typer
from rich.console import Console

from configs.schema.config import Config
from pipelines.graph.nodes import choose_nodes
from pipelines.remote.ending import Ending, Witness
from pipelines.remote.patience import Patience
from pipelines.remote.service import Run, Service
from pipelines.remote.submit import follow_run
from pipelines.reporting.console import Screen

INTERRUPTED = 130  # the exit code of who is stopped by Ctrl-C, as a shell has it


@dataclass(frozen=True)
class Followed:
    """A run as it stood when there was no more to wait for, and how it ended, where that is known."""

    run: Run
    ending: Ending | None

    @property
    def exit_code(self) -> int:
        """The run's own."""
        return self.ending.exit_code if self.ending else self.run.exit_code or 0


def follow(
    service: Service, config: Config, path: str, run: Run, console: Console, deadline: float | None = None
) -> Followed:
    """Follows a run until it has ended, or has a verdict, and says how.

    Ctrl-C asks whether to end it or to leave it, and says how to come back.
    """
    nodes = [spec.id for spec in choose_nodes(config)]
    patience = Patience(service, config, partial(console.print, soft_wrap=True), deadline)
    witness = Witness(service, patience.explain)

    def enough(look: Run) -> bool:
        events = witness.look(look)
        for event in events:
            if (event.get("outcome") or event)["node"] in screen.rows:
                screen.watch(event)
        gone = patience.look(look, bool(events))
        if gone and witness.ending is None:
            remedy = f"What it holds is freed by: millrace runs release {path} {look.run}"
            witness.ending = Ending(1, f"Failed: {gone}\n{remedy}")
        return look.ended or witness.ending is not None

    with Screen(console, nodes) as screen:
        while True:
            try:
                ended = follow_run(lambda: service.get_run(run.run), enough=enough)
                break
            except KeyboardInterrupt:
                screen.pause()
                leave_or_cancel(service, path, run, console)
    console.print(conclude(ended, witness.ending), soft_wrap=True)
    return Followed(ended, witness.ending)


def leave_or_cancel(service: Service, path: str, run: Run, console: Console) -> None:
    """Asks whether a run that is not to be followed any more is to end; ends this process where it is left."""
    if sys.stdin.isatty() and typer.confirm("\nEnd the run? Else it goes on by itself.", err=True):
        service.cancel(run.run)
        console.print("It is told to end: the step at work is stopped, and the report written.", soft_wrap=True)
        return
    back = (
        f"Come back to it: millrace runs watch {path} {run.run}\nOr end it:       millrace runs cancel {path} {run.run}"
    )
    console.print(f"The run goes on.\n{back}", soft_wrap=True)
    raise typer.Exit(INTERRUPTED)


def conclude(run: Run, ending: Ending | None) -> str:
    """Returns the closing words of a run that was followed: its own where they are known."""
    if ending:
        goes_on = [] if run.ended else ["The cluster ends the run by itself, when it has tried the step once more."]
        return "\n".join([ending.text, *goes_on])
    failed = [f"{step.title}: {step.error or 'failed'}" for step in run.steps if step.state == "FAILED"]
    return "\n".join([f"Ended       {run.state.lower()}", *([run.error] if run.error else []), *failed])
