"""The times that a schedule names, as Debian's cron reads them.

An hour that the clocks leave out is made up for at its end, and one that they repeat counts once, unless the cron names
every hour or minute. All moments are in UTC.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import dropwhile, groupby, islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from configs.schema.schedule import Schedule

MOST = 1000  # times that are counted: of a minute's cron, what a night leaves


def find_next(schedule: Schedule, after: datetime) -> datetime:
    """Returns the first time after a moment."""
    return next(_list_times(schedule, after))


def find_missed(schedule: Schedule, since: datetime, now: datetime) -> list[datetime]:
    """Returns the times after a moment and up to now, oldest first; of more than `MOST`, the newest."""
    found: list[datetime] = []
    for time in islice(_list_times(schedule, now, back=True), MOST):
        if time <= since:
            break
        found.append(time)
    return found[::-1]


def _list_times(schedule: Schedule, moment: datetime, back: bool = False) -> Iterator[datetime]:
    """Yields the times after a moment, or those up to it, newest first."""
    cron, shift = _split_seconds(schedule.cron)
    start = moment + timedelta(hours=2) if back else moment - timedelta(hours=2)  # clocks may repeat an hour
    simulated = CronSim(cron, start.astimezone(ZoneInfo(schedule.time_zone)), reverse=back)
    times = (time.astimezone(timezone.utc) + shift for time in simulated)
    single = (time for time, _ in groupby(times))  # of a left-out hour, all times fall on its end
    return dropwhile(lambda time: time > moment if back else time <= moment, single)


def _split_seconds(cron: str) -> tuple[str, timedelta]:
    """Returns a cron in five fields, which alone are read as Debian's, and the second that the sixth names."""
    first, *others = cron.split()
    if len(others) == 5 and first.isdecimal():
        return " ".join(others), timedelta(seconds=int(first))
    return cron, timedelta()
