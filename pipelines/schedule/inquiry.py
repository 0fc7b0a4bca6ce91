"""A schedule is asked: what is known is gathered, it is decided, and what is to be remembered is written down."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from components.registry.challenger import Contest
from configs.schema.config import Config
from pipelines.remote.schedule import schedule_of
from pipelines.schedule.decision import Decision, Facts, decide
from pipelines.schedule.facts import gather_facts
from pipelines.schedule.state import change_state, read_state
from pipelines.storage import sync


def ask_schedule(config: Config, now: datetime) -> Decision:
    """Returns whether a pipeline is to train now, and remembers that it was asked; who asks has to hold the pipeline.

    So of several that ask, on one machine or many, one alone is told to run. Raises ConfigError without a schedule.
    """
    decision = weigh_schedule(config, now)
    remember_decision(config, decision)
    return decision


def weigh_schedule(config: Config, now: datetime, asked: str = "") -> Decision:
    """Returns whether a pipeline is to train now, and remembers nothing; `asked` is who wants a run, and why."""
    schedule, home = schedule_of(config), config.home
    sync.fetch_beginnings(home)
    sync.fetch_files(home, home.schedule, home.looks)
    state = read_state(home)
    contest = Contest() if state.paused or not schedule.enabled else look_at_challenger(config)
    facts = replace(gather_facts(config, state), waits=contest.waits, contest=contest.said)
    return decide(schedule, replace(facts, asked=asked or facts.asked), now)


def remember_decision(config: Config, decision: Decision) -> None:
    """Writes down what is to be known of a decision when it is asked the next time."""
    home, now = config.home, decision.at
    changes: dict[str, Any] = {"handled": decision.handled}
    if decision.due:
        changes["asked"] = None
    if decision.pause:
        changes["paused"] = f"paused at {now:%Y-%m-%d %H:%M} UTC, as {decision.pause}"
    change_state(home, **changes)
    sync.put_files(home, home.schedule)


def look_at_challenger(config: Config) -> Contest:
    """Holds the contest of a config whose candidates wait for one."""
    if config.evaluation.shadow is None:
        return Contest()
    from pipelines.monitoring.contest import hold_contest  # only here: it loads what scores rows

    return hold_contest(config)


def tell_busy(config: Config, holder: str, now: datetime) -> Decision:
    """Returns the decision while a run holds the pipeline."""
    return decide(schedule_of(config), Facts(running=holder), now)
