"""What a person wants of a schedule on this machine: that it pauses, that it goes on, that it runs now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from components.registry.model_registry import whoami
from configs.schema.config import Config
from pipelines.remote.schedule import schedule_of
from pipelines.runs.directory import read_records
from pipelines.schedule.state import State, change_state, read_state
from pipelines.schedule.times import find_next
from pipelines.storage import sync


def pause(config: Config, reason: str, now: datetime) -> State:
    """Pauses the schedule until `resume`; a run that goes on is left to end."""
    return _change(config, paused=tell_pause(reason, now))


def resume(config: Config, now: datetime) -> State:
    """Lets the schedule go on: times that came meanwhile are not made up for, failures are counted anew."""
    return _change(config, paused=None, resumed=now)


def trigger(config: Config, reason: str) -> State:
    """Wants a run the next time that the schedule is asked, whatever it waits for."""
    return _change(config, asked=tell_wish(reason))


def describe(config: Config, now: datetime) -> Mapping[str, Any]:
    """Returns how the schedule stands, as plain data."""
    schedule, home = schedule_of(config), config.home
    sync.fetch_records(home)
    sync.fetch_files(home, home.schedule)
    state, newest = read_state(home), next(iter(read_records(home)), None)
    paused = state.paused or (None if schedule.enabled else "paused by schedule.enabled")
    return {
        "pipeline": config.name,
        "cron": schedule.cron,
        "time_zone": schedule.time_zone,
        "paused": paused,
        "asked": state.asked,
        "next": None if paused else find_next(schedule, now).isoformat(),
        "last_run": newest and {key: newest.get(key) for key in ("run", "ended", "exit_code", "published")},
    }


def tell_pause(reason: str, now: datetime) -> str:
    """Returns who pauses, when and why."""
    return f"paused by {whoami()} at {now:%Y-%m-%d %H:%M} UTC{_because(reason)}"


def tell_wish(reason: str) -> str:
    """Returns who wants a run, and why."""
    return f"{whoami()} asks{_because(reason)}"


def _change(config: Config, **changes: Any) -> State:
    schedule_of(config)
    sync.fetch_files(config.home, config.home.schedule)
    state = change_state(config.home, **changes)
    sync.put_files(config.home, config.home.schedule)
    return state


def _because(reason: str) -> str:
    return f": {reason.strip()}" if reason.strip() else ""
