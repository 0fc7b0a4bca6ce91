"""What each test costs: measured, kept in durations.csv, and held to its tier. A plugin of pytest.

The CPU seconds of this process and of those it started count, since they are the same on a busy machine. A file's tests
run in one worker, and the files that cost most come first, so that no worker waits long for the other at the end.
"""

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from configs.repository import ROOT

FILE = Path(__file__).with_name("durations.csv")
TIERS = ("kubernetes", "cluster", "full", "slow")  # markers; what has none is quick
LIMIT = 3.0  # CPU seconds of a quick test
SLACK = 2.0  # times as many on a slow machine
NOTABLE = 0.5  # CPU seconds, below which nothing is kept of a test
MOST = 20  # tests that are listed
SHARED = re.compile(r"\b(published|sandbox|first_run)\b(: |, |\))")  # parameters that are fixtures of that pipeline


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep-durations", action="store_true", help=f"write what each test cost into {FILE.name}")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Ledger(config.getoption("--keep-durations")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known, costs = read(), defaultdict[str, float](float)
    for item in items:
        costs[group_of(item.nodeid)] += known.get(item.nodeid, 0.1)
    items.sort(key=lambda item: (-costs[group_of(item.nodeid)], group_of(item.nodeid)))


def group_of(nodeid: str) -> str:
    """What one worker runs: the tests of a file, or all those of the pipeline that is published once."""
    file = nodeid.split("::")[0]
    return "published" if shares(file) else file


@cache
def shares(file: str) -> bool:
    """Whether a test of a file takes a fixture of the pipeline that is published once."""
    return SHARED.search((ROOT / file).read_text(encoding="utf-8")) is not None


class Groups(LoadScopeScheduling):
    """Hands each worker a whole group, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    config.option.loadscopereorder = False
    return Groups(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    before = cpu_seconds()
    try:
        return (yield)
    finally:
        item.user_properties.append(("setup", cpu_seconds() - before))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    before = cpu_seconds()
    result = yield
    cost = cpu_seconds() - before
    item.user_properties.append(("call", cost))
    if cost > LIMIT * SLACK and tier_of(item) == "quick":
        pytest.fail(f"It took {cost:.1f} CPU seconds; a quick test takes {LIMIT:.0f}: mark it slow.")
    return result


def tier_of(item: pytest.Item) -> str:
    """The tier that a test belongs to."""
    return next((tier for tier in TIERS if item.get_closest_marker(tier)), "quick")


def cpu_seconds() -> float:
    """What this process and the ended ones that it started have used so far."""
    return sum(os.times()[:4])


def read() -> dict[str, float]:
    """What each test cost when it was last measured."""
    if not FILE.exists():
        return {}
    with FILE.open(newline="", encoding="utf-8") as file:
        return {row["test"]: float(row["seconds"]) for row in csv.DictReader(file)}


class Ledger:
    """Gathers what the tests cost, by all workers."""

    def __init__(self, keeps: bool) -> None:
        self.keeps, self.costs = keeps, dict[str, float]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            self.costs[report.nodeid] = sum(seconds for _, seconds in report.user_properties)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.keeps:
            return
        known = {test: seconds for test, seconds in (read() | self.costs).items() if seconds >= NOTABLE}
        with FILE.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["test", "seconds"])
            writer.writerows((test, f"{seconds:.1f}") for test, seconds in sorted(known.items()))
        terminalreporter.write_line(
            f"{len(self.costs)} tests took {sum(self.costs.values()):.0f} CPU seconds; the most:"
        )
        for test, seconds in sorted(self.costs.items(), key=lambda cost: -cost[1])[:MOST]:
            terminalreporter.write_line(f"{seconds:6.1f} {test}")
