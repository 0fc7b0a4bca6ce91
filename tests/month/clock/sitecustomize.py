"""Gives every Python that finds this file on its path another present: so many seconds ahead as a file says."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

from configs import clock

FILE = Path(os.environ["MONTH_CLOCK"])


def utc_now() -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=float(FILE.read_text()))


clock.utc_now = utc_now
