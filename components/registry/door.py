"""The one door into service: what a candidate and a version must pass, whoever puts it there.

A run, `promote`, `rollback` and the copy to an object store all come through it: what is to serve is what was recorded,
and a model server could load and ask it. A run's candidate was also judged against what is in service now, and nobody
has rolled away from its model.
"""

import logging
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from components.registry.tree_digest import tree_digest
from components.registry.versions import EXTRA, Version
from configs.errors import MillraceError, NotBlessed

PATIENCE = 600.0  # seconds that a model may take to load and answer
Admit: TypeAlias = Callable[[Path, str], None]  # as `admit`


@dataclass(frozen=True)
class Candidate:
    """A SavedModel that asks to be put into service, and what it is to carry in `assets.extra`, by name.

    `seals` are the digests that were recorded of the folders they come from when these were made.
    """

    model: Path
    extras: Mapping[str, Path] = field(default_factory=dict)
    seals: Mapping[Path, str] = field(default_factory=dict)


def require_sealed(candidate: Candidate) -> None:
    """Raise MillraceError with the folder of a candidate that is not what was recorded when it was made."""
    for folder, digest in candidate.seals.items():
        if not folder.exists():
            raise MillraceError("this part of the candidate is gone.", str(folder), "Run the pipeline again.")
        if tree_digest(folder) != digest:
            what = "a file of the candidate was changed, cut or deleted after it was made; nothing was published."
            raise MillraceError(what, str(folder), "Run the pipeline again: what is damaged is made anew.")


def require_judged(current: Version | None, against: str | None) -> None:
    """Raise NotBlessed where a candidate was judged against another model than the one that is in service now.

    `against` is that model's digest, None where nothing was in service, or the candidate itself.
    """
    if against != (current and current.model_digest):
        now = f"version {current.number} is" if current else "nothing is"
        raise NotBlessed(
            f"What is in service has changed since the candidate was judged: {now} in service now.",
            where="Pusher",
            remedy="Run again: the candidate is then judged against that; all else comes from the cache.",
        )


def require_welcome(records: Sequence[Mapping[str, Any]], digest: str) -> None:
    """Raise NotBlessed, with who did it and why, for a model that was rolled away from and not put back since."""
    if refusal := find_refusal(records, digest):
        reason = f": {refusal['reason']}" if refusal["reason"] else ", without a reason"
        raise NotBlessed(
            f"This model was in service and was rolled away from by {refusal['by']} at {refusal['at']}{reason}.",
            where="Pusher",
            remedy="Change the config or the data, or put it into service all the same with "
            "`millrace promote CONFIG --run RUN --reason REASON`.",
        )


def find_refusal(records: Sequence[Mapping[str, Any]], digest: str) -> Mapping[str, Any] | None:
    """Return the rollback in a history that a model still stands refused by; a person's later word lifts it."""
    refusal = None
    for record in records:
        if record.get("away") == digest:
            refusal = record
        elif record["model_digest"] == digest:
            refusal = None
    return refusal


def admit(folder: Path, digest: str) -> None:
    """Raise MillraceError unless a SavedModel has this digest, without its extras, and loads and answers.

    It is asked in a process of its own, by the loader of TensorFlow Serving: one that dies takes nobody along.
    """
    if tree_digest(folder, exclude=[EXTRA]) != digest:
        raise MillraceError("the model is not the one that was recorded.", str(folder), "Run the pipeline again.")
    command = [sys.executable, "-m", "components.scoring.probe", str(folder)]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        what = f"the model did not load and answer within {PATIENCE:.0f} s; nothing was published."
        raise MillraceError(what, str(folder), "Export a smaller one.") from error
    logging.info("%s\n%s", " ".join(command), asked.stderr)
    if asked.returncode:
        said = (asked.stderr.strip().splitlines() or [f"its process ended with {asked.returncode}"])[-1].rstrip(".")
        what = f"the model cannot be loaded and asked, and was not published: {said}."
        raise MillraceError(what, str(folder), "What is in service stays. Run the pipeline again.")
