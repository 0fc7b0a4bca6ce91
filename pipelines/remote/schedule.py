"""The recurring run of a pipeline: what the config wants it to be, and made so."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from configs.clock import utc_now
from configs.errors import ConfigError
from configs.schema.config import Config
from configs.schema.schedule import Schedule
from pipelines.remote.service import Recurring, Service

OF_THE_SERVICE = ("id", "url")  # what it gives a recurring run; the rest is the config's


@dataclass(frozen=True)
class Plan:
    """What is to be done: make one or keep one, maybe with another pipeline, and delete others.

    `reasons` says what of these is not as wanted, by their ids.
    """

    wanted: Recurring
    kept: Recurring | None
    doomed: tuple[Recurring, ...]
    reasons: tuple[str, ...]


def schedule_of(config: Config) -> Schedule:
    """Returns the schedule of a config; raises ConfigError where it has none."""
    if config.schedule is None:
        raise ConfigError("The config has no schedule", "schedule", "Add one, like schedule: {cron: '0 3 * * 1'}.")
    return config.schedule


def upcoming(schedule: Schedule, count: int = 3, after: datetime | None = None) -> list[datetime]:
    """Returns the next times of a schedule, in its time zone; the hour that a change of clocks leaves out has none."""
    start = after or utc_now()
    return list(islice(CronSim(schedule.with_seconds, start.astimezone(ZoneInfo(schedule.time_zone))), count))


def wanted_run(service: Service, config: Config, compiled: str, parameters: Mapping[str, Any]) -> Recurring:
    """Returns what the recurring run of a pipeline has to be like on a service.

    It carries digests of the compiled pipeline and of its parameters: what a service gives back of a pipeline is not
    what it was given, since it fills in defaults. The service's release is told as well, since an older one may have
    made something else of the same pipeline. Raises ConfigError where the service cannot keep the schedule.
    """
    schedule = schedule_of(config)
    made_of = f"millrace-{_digest(compiled)}" + (f" for {service.release}" if service.release else "")
    return Recurring(
        id="",
        name=config.name,
        cron=service.cron(),
        enabled=schedule.enabled,
        no_catchup=schedule.no_catchup,
        max_concurrency=schedule.max_concurrency,
        service_account=service.service_account,
        made_of=made_of,
        given=_digest(json.dumps(dict(parameters), sort_keys=True)),
    )


def plan_changes(service: Service, wanted: Recurring) -> Plan:
    """Returns what it takes to make the recurring run the one that is wanted, and the only one of its name.

    One that is paused stays so: it is a person, or runs that failed, that have paused it.
    """
    present = service.recurring()
    if present and not any(one.enabled for one in present):
        wanted = replace(wanted, enabled=False)
    differing = [differences(one, wanted) for one in present]
    kept = next((one for one, found in zip(present, differing, strict=True) if not found), None)
    doomed = tuple(one for one in present if one is not kept)
    reasons = tuple(reason for found in differing for reason in found)
    return Plan(wanted, kept, doomed, reasons)


def carry_out(
    service: Service, plan: Plan, compiled: str, parameters: Mapping[str, Any]
) -> tuple[Recurring, str, list[str]]:
    """Does what a plan says; returns the recurring run that is there then, in what way, and what has to wait.

    Where another pipeline is all that differs, one goes on with it. Else a new one is made first and what it stands for
    is deleted then: were that to fail in between, two would be there, of whose runs the pipeline
    lets one work at a time, and the next `apply` deletes one; the other way round none would be there, and nobody would
    notice.
    """
    what, renewable = foresee(plan), _renewable(plan)
    if plan.kept:
        there = plan.kept
    elif renewable:
        there = service.renew(renewable, plan.wanted, compiled, parameters)
    else:
        there = service.make(plan.wanted, compiled, parameters)
    return there, what, _delete(service, (one for one in plan.doomed if one is not renewable))


def clear_replaced(service: Service) -> list[str]:
    """Deletes the recurring runs that were replaced while a run of theirs was at work, once that has ended.

    They are paused, and the newest is the one in their place. Returns what is said of those that have to wait still.
    """
    replaced = [one for one in service.recurring()[1:] if not one.enabled]
    return _delete(service, replaced)


def foresee(plan: Plan) -> str:
    """Returns in what way a plan makes the recurring run that is wanted."""
    if plan.kept:
        return "kept"
    return "renewed" if _renewable(plan) else "replaced" if plan.doomed else "made"


def _renewable(plan: Plan) -> Recurring | None:
    """Returns the recurring run of which the pipeline is all that differs, where none is as wanted."""
    found = (one for one in plan.doomed if _differ(one, plan.wanted) == ["made_of"])
    return None if plan.kept else next(found, None)


def _delete(service: Service, doomed: Iterable[Recurring]) -> list[str]:
    return [said for one in doomed if (said := service.delete(one))]


def differences(present: Recurring, wanted: Recurring) -> list[str]:
    """Says what of a recurring run is not as wanted."""
    old, new = asdict(present), asdict(wanted)
    return [f"{key}: {_format_value(old[key])} -> {_format_value(new[key])}" for key in _differ(present, wanted)]


def _differ(present: Recurring, wanted: Recurring) -> list[str]:
    old, new = asdict(present), asdict(wanted)
    return [key for key in old if key not in OF_THE_SERVICE and old[key] != new[key]]


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _format_value(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value or "none")
