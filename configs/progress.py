"""How far a node is, as the screen shows beside it: lines of a log that a run's parent reads."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from configs.quantities import count

PROGRESS = logging.getLogger("millrace.progress")
LANDMARK = logging.INFO + 5  # the level of what is told once, and is to be in every log
EVERY = 0.5  # seconds, at most so often


class Pulse:
    """Tells of what goes on all the time, now and then."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def tell(self, text: str, *values: object) -> None:
        """Says how far it is, unless it was said just now."""
        now = time.monotonic()
        if now - self.last >= EVERY:
            self.last = now
            PROGRESS.info(text, *values)


@contextmanager
def introduced(name: str) -> Iterator[None]:
    """Puts a name before the progress that is told."""

    def introduce(record: logging.LogRecord) -> bool:
        record.msg = f"{name}, {record.msg}"
        return True

    PROGRESS.addFilter(introduce)
    try:
        yield
    finally:
        PROGRESS.removeFilter(introduce)


class RowCount:
    """Tells how many rows a worker has done something to, now and then."""

    def __init__(self, what: str) -> None:
        self.what, self.rows, self.pulse = what, 0, Pulse()

    def add(self, rows: int) -> None:
        """Counts rows that were done just now."""
        self.rows += rows
        self.pulse.tell("%s %s", count(self.rows, "row"), self.what)


def spell_duration(seconds: float) -> str:
    """Returns about how long it is: `12 s`, `3 min`, `2.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
