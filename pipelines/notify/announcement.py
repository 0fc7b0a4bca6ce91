"""What became of a pipeline is told to those whom its config names; that one cannot be reached fails nothing.

`notify.json` in the home keeps which troubles have been told, so that each is told once, and what could not be
delivered, which is tried again whenever there is something to tell or to ask.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from components.registry.challenger import list_challengers
from components.registry.file_lock import hold_file
from components.registry.versions import history
from configs.errors import MillraceError
from configs.home import Home
from configs.schema.config import Config
from configs.schema.duration import format_duration, read_duration
from pipelines.notify.channels import send
from pipelines.notify.message import Message, Record, list_contest, list_messages
from pipelines.runs.directory import write_file
from pipelines.storage import sync

PAUSES = (1.0, 4.0)  # seconds between the tries at once
KEPT = 100  # messages that wait for a notifier, the newest
ENDS = ("published", "waiting", "set_aside", "recovered")  # which no cause stands for
NEWEST = 2  # challengers: one that ended, and the one that a run has put in its place since
PATIENCE = 120.0  # seconds to wait for another who tells


@dataclass
class Ledger:
    """The causes that have been told and stand, and the messages that wait, each with the place of its notifier.

    Also what of challengers has been told.
    """

    causes: list[str] = field(default_factory=list)
    waiting: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    challengers: list[str] = field(default_factory=list)


def announce(config: Config, record: Record, now: datetime, say: Callable[[str], None]) -> None:
    """Tells what is new in a run's record, and what is left to tell; `say` is handed what could not be delivered."""
    if not config.notify:
        return
    home = config.home
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        with hold_file(home.notify.with_suffix(".lock"), PATIENCE):
            sync.fetch_files(home, home.notify)
            ledger = read_ledger(home)
            contest = list_contest(config.name, list_challengers(home)[-NEWEST:])
            messages = [message for key, message in contest.items() if key not in ledger.challengers]
            messages += list_messages(record, find_stale(config, now), ledger.causes)
            ledger.challengers = list(contest)
            ledger.causes = keep_causes(record, ledger.causes)
            add_messages(config, ledger, messages)
            ledger.waiting = deliver(config, ledger.waiting, say)[-KEPT:]
            write_file(home.notify, json.dumps(asdict(ledger), indent=2))
            sync.put_files(home, home.notify)
    except (MillraceError, OSError) as error:
        say(f"Nobody could be told what became of the pipeline: {error}")


def keep_causes(record: Record, causes: Sequence[str]) -> list[str]:
    """Returns the causes that stand after a run: one that begins ends a pause, and one that ends well all else.

    That nothing was published for too long ends with a version alone.
    """
    if record["run"] is None:
        return list(causes)
    if record["exit_code"]:
        return [cause for cause in causes if not cause.startswith("paused:")]
    return [cause for cause in causes if cause.startswith("stale:") and not record["published"]]


def add_messages(config: Config, ledger: Ledger, messages: Sequence[Message]) -> None:
    """Puts what is to be told into the ledger, and nothing of a cause that has been told and stands."""
    for message in messages:
        if message.cause in ledger.causes:
            continue
        if message.event not in ENDS:
            ledger.causes.append(message.cause)
        wanting = [place for place, notifier in enumerate(config.notify) if message.event in notifier.on]
        ledger.waiting += [(place, asdict(message)) for place in wanting]


def deliver(
    config: Config, waiting: Sequence[tuple[int, dict[str, str]]], say: Callable[[str], None]
) -> list[tuple[int, dict[str, str]]]:
    """Sends the messages in order, and returns those that could not be; who fails once is left alone until later."""
    kept, failing = [], set[int]()
    for place, told in waiting:
        if place >= len(config.notify):
            continue  # that notifier is gone from the config
        error = "" if place not in failing else "it is left alone for now"
        error = error or _try_send(config.notify[place], Message(**told))  # type: ignore[arg-type]
        if error:
            if place not in failing:
                say(f"notify[{place}] ({config.notify[place].kind}) could not be told, and will be later: {error}")
            failing.add(place)
            kept.append((place, told))
    return kept


def _try_send(notifier: Any, message: Message) -> str:
    """Returns why a message was not taken, after a few tries; an empty text where it was."""
    for pause in (*PAUSES, None):
        try:
            send(notifier, message)
            return ""
        except MillraceError as error:
            if pause is None:
                return error.what
            time.sleep(pause)
    return ""


def find_stale(config: Config, now: datetime) -> str | None:
    """Returns what to say where nothing was published for as long as `schedule.when.age`."""
    when = config.schedule and config.schedule.when
    lines = history(config.home) if when and when.age else []
    if not when or not when.age or not lines:
        return None
    age = now - datetime.fromisoformat(lines[-1]["at"])
    if age < max(read_duration(when.age), timedelta(0)):
        return None
    return f"Version {lines[-1]['number']} has been in service for {format_duration(age)}, of {when.age}"


def read_ledger(home: Home) -> Ledger:
    """Returns what has been told; raises MillraceError for a file that cannot be read."""
    try:
        known: Mapping[str, Any] = json.loads(home.notify.read_text())
        waiting = [(int(place), dict(told)) for place, told in known["waiting"]]
        return Ledger(list(known["causes"]), waiting, list(known.get("challengers", ())))
    except FileNotFoundError:
        return Ledger()
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise MillraceError(f"what has been told cannot be read: {error}.", str(home.notify), "Remove it.") from error
