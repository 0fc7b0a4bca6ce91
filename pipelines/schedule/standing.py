"""How a pipeline stands, for an operator: what is in service, its last run and why, what it waits for, its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from components.registry.challenger import tell_waiting
from components.registry.versions import history
from configs.schema.config import Config
from configs.schema.duration import format_duration
from configs.schema.evaluation import MAIN
from pipelines.runs.directory import read_records
from pipelines.runs.disk_use import measure_folder
from pipelines.schedule.state import read_state
from pipelines.schedule.times import find_next
from pipelines.storage import sync

BARS = "▁▂▃▄▅▆▇█"
TREND = 12  # versions that a spark line shows, the newest


@dataclass(frozen=True)
class Standing:
    """One pipeline at one moment; what is not known, or not asked for, is None."""

    pipeline: str
    version: int | None
    since: str | None
    age: float | None  # seconds that the version has been in service
    age_limit: str | None  # schedule.when.age
    metric: str | None
    trend: Sequence[float]  # of the metric, by version, oldest first
    last_run: str | None
    last_ended: str | None
    last_exit_code: int | None
    last_stopped: bool  # by a signal: it is gone on with
    last_reason: str | None  # why it ran
    next: str | None
    waits: str  # for what, in words
    challenger: str | None  # what waits to take the place of what is in service, and how it stands
    bytes: int

    @property
    def spark(self) -> str:
        """The trend as a line of bars, from its least to its most, and the last figure."""
        if not self.trend:
            return ""
        low, high = min(self.trend), max(self.trend)
        scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
        bars = "".join(BARS[round((value - low) * scale)] for value in self.trend)
        return f"{bars} {self.metric} {self.trend[-1]:.4f}"


def describe_standing(config: Config, now: datetime) -> Standing:
    """Returns how a pipeline stands; raises MillraceError where its records cannot be read."""
    home, schedule = config.home, config.schedule
    sync.fetch_records(home)
    sync.fetch_files(home, home.schedule)
    if config.evaluation.shadow:
        sync.fetch_challenger(home)
    lines, newest = history(home), next(iter(read_records(home)), dict[str, Any]())
    current: dict[str, Any] = lines[-1] if lines else {}
    metric = next((name for name in MAIN if name in current.get("metrics", ())), None)
    time, waits = _find_wait(config, now)
    return Standing(
        pipeline=config.name,
        version=current.get("number"),
        since=current.get("at"),
        age=(now - datetime.fromisoformat(current["at"])).total_seconds() if current else None,
        age_limit=schedule.when.age if schedule and schedule.when else None,
        metric=metric,
        trend=[line["metrics"][metric] for line in lines[-TREND:] if metric in line["metrics"]] if metric else [],
        last_run=newest.get("run"),
        last_ended=newest.get("ended"),
        last_exit_code=newest.get("exit_code"),
        last_stopped=newest.get("stopped", False),
        last_reason=((newest.get("decision") or {}).get("text") or "by hand") if newest else None,
        next=time,
        waits=waits,
        challenger=tell_waiting(home, config.evaluation.shadow),
        bytes=measure_folder(home.root),
    )


def _find_wait(config: Config, now: datetime) -> tuple[str | None, str]:
    """Returns when the schedule is asked next, and what it waits for."""
    if config.schedule is None:
        return None, "it has no schedule"
    state = read_state(config.home)
    if state.asked:
        return None, state.asked
    if state.paused or not config.schedule.enabled:
        return None, state.paused or "paused by schedule.enabled"
    when = config.schedule.when.model_dump(exclude_none=True) if config.schedule.when else {}
    waits = ", ".join(
        f"{name} {limit:,}" if isinstance(limit, int) else f"{name} {limit}" for name, limit in when.items()
    )
    return find_next(config.schedule, now).isoformat(), waits or "its time"


def tell_age(standing: Standing) -> str:
    """Returns how old the version in service is, of how old it may become."""
    if standing.age is None:
        return ""
    limit = f" of {standing.age_limit}" if standing.age_limit else ""
    return f"{format_duration(timedelta(seconds=max(0.0, standing.age)))}{limit}"


def as_data(standing: Standing) -> dict[str, Any]:
    """Returns it as plain data."""
    return dict(vars(standing))
