"""The first step of a schedule's run in a cluster: whether to train, decided once, and kept with the run."""

import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from configs.errors import MillraceError, PipelineBusy
from configs.home import Home
from configs.nodes import DECIDE
from configs.schema.config import Config
from pipelines.remote.liveness import find_end
from pipelines.runs.directory import read_decision, write_decision
from pipelines.runs.lease import hold_pipeline, release_lease
from pipelines.runs.outcomes import failure, write_outcome
from pipelines.runs.run import DECISION, Run
from pipelines.schedule.decision import Decision, as_data
from pipelines.schedule.inquiry import remember_decision, tell_busy, weigh_schedule
from pipelines.storage import sync

KEPT = timedelta(days=7)  # for so long one can look up why a run did not train


def decide_run(config: Config, run: Run, asked: str, now: datetime) -> Mapping[str, Any]:
    """Returns, as plain data, whether a run that a schedule has started is to train.

    Again is safe: what was decided is returned, and is kept before it is remembered that this time is dealt with.
    Where it trains the run holds the pipeline from now on. `asked` is who wants it in any case, and why.
    """
    home = config.home
    sync.fetch_files(home, run.decision)
    if known := read_decision(run):
        return known
    try:
        decision = _ask(config, run, asked, now)
    except MillraceError as error:  # of which the end of the run is to tell
        write_outcome(run, failure(DECIDE, error))
        sync.put_files(home, run.outcome(DECIDE))
        raise
    return as_data(decision)


def _ask(config: Config, run: Run, asked: str, now: datetime) -> Decision:
    try:
        with hold_pipeline(config, run.id, partial(find_end, config)):
            decision = weigh_schedule(config, now, asked)
            _keep(run, decision)
            remember_decision(config, decision)
            forget_declined(config.home, now)
    except PipelineBusy as error:
        decision = tell_busy(config, error.what, now)
        _keep(run, decision)
    if not decision.due:
        release_lease(config, run.id)
    return decision


def _keep(run: Run, decision: Decision) -> None:
    run.outcome(DECIDE).unlink(missing_ok=True)  # of a try that failed
    run.folder.mkdir(parents=True, exist_ok=True)
    write_decision(run, as_data(decision))
    sync.put_files(run.home, run.decision, run.outcome(DECIDE))


def forget_declined(home: Home, now: datetime) -> None:
    """Removes what runs have left that never began, once it is old."""
    for folder in [path.parent for path in home.runs.glob(f"*/{DECISION}")]:
        if _is_over(Run(home, folder.name), now):
            shutil.rmtree(folder)
            sync.put_files(home, folder)


def _is_over(run: Run, now: datetime) -> bool:
    decision = read_decision(run)
    began = run.started.exists() or run.record.exists()
    return decision is not None and not began and datetime.fromisoformat(decision["at"]) < now - KEPT
