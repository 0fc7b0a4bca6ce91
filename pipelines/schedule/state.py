"""What a schedule remembers of a pipeline: a small file in its home, which outlives whoever asks."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from components.registry.file_lock import hold_file
from configs.errors import MillraceError
from configs.home import Home
from pipelines.runs.directory import write_file

PATIENCE = 10.0  # seconds to wait for who changes it as well
MOMENTS = ("handled", "resumed")


@dataclass(frozen=True)
class State:
    """What is known from one time that it is asked to the next; moments are in UTC."""

    handled: datetime | None = None  # up to here the schedule's times are dealt with
    resumed: datetime | None = None  # what lies before it is forgiven
    paused: str | None = None  # by whom, when and why
    asked: str | None = None  # who wants a run now, and why


def read_state(home: Home) -> State:
    """Returns what is remembered; raises MillraceError for a file that cannot be read."""
    try:
        known = json.loads(home.schedule.read_text())
        return State(**known | {key: datetime.fromisoformat(known[key]) for key in MOMENTS if known.get(key)})
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        what = f"what the schedule remembers cannot be read: {error}."
        raise MillraceError(what, str(home.schedule), "Remove this file: the schedule then begins anew.") from error


def write_state(home: Home, state: State) -> None:
    """Remembers it; a reader sees all of it or what was there before."""
    home.root.mkdir(parents=True, exist_ok=True)
    write_file(home.schedule, json.dumps(_as_data(state), indent=2))


def change_state(home: Home, **changes: Any) -> State:
    """Remembers some of it anew, and leaves the rest; nothing is written where nothing differs."""
    home.root.mkdir(parents=True, exist_ok=True)
    with hold_file(home.schedule.with_suffix(".lock"), PATIENCE):
        known = read_state(home)
        state = replace(known, **changes)
        if state != known:
            write_state(home, state)
        return state


def _as_data(state: State) -> Mapping[str, str | None]:
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(state).items()}
