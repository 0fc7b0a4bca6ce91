"""A schedule in a cluster whose budget of failures is spent: what starts its runs is told to pause.

Kubeflow goes on starting runs, however many of them failed. The pod of a run's end asks its API, under
`cluster.api`, as the pod's service account.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from configs.errors import MillraceError
from configs.schema.config import Config
from pipelines.remote.connect import connect_service, reach_from_pod
from pipelines.runs.directory import read_records
from pipelines.schedule.decision import Facts, find_spent
from pipelines.schedule.facts import list_past
from pipelines.schedule.state import change_state, read_state
from pipelines.storage import sync


def find_pause(config: Config, record: Mapping[str, Any]) -> str | None:
    """Returns why the schedule is to be paused after a run, or after asking that came to none; None where it is not."""
    decision = record["decision"]
    if config.schedule is None or decision is None:
        return None
    if record["run"] is None:
        return decision["pause"]
    sync.fetch_beginnings(config.home)
    sync.fetch_files(config.home, config.home.schedule)
    past, state = list_past(config.home, read_records(config.home)), read_state(config.home)
    return None if state.paused else find_spent(config.schedule, Facts(runs=past, resumed=state.resumed))


def pause_recurring(config: Config, why: str, engine: str, now: datetime) -> dict[str, Any]:
    """Pauses the recurring runs of a pipeline, and returns what stands for the record of it, to be told of.

    What has failed is forgiven with it: the next run is one that a person has let the schedule go on for. Where the
    service cannot be asked, the schedule is paused as it is on one machine: runs still begin, and end at once.
    """
    try:
        service = connect_service(engine, reach_from_pod(config))
        found = service.recurring()
        if not found:
            raise MillraceError(f"it knows no recurring run called {config.name}")
        for recurring in found:
            service.switch(recurring, enabled=False)
        changes: dict[str, Any] = {"paused": None, "resumed": now}
    except MillraceError as error:
        changes = {"paused": f"paused at {now:%Y-%m-%d %H:%M} UTC, as {why}"}
        why += f"; runs are still begun, and end at once, since what starts them could not be told: {error}"
    change_state(config.home, **changes)
    sync.put_files(config.home, config.home.schedule)
    decision = {"due": False, "pause": why, "text": f"paused, as {why}"}
    return {"pipeline": config.name, "run": None, "exit_code": 0, "decision": decision}
