"""The clock of the month: it runs as fast as the real one, and is set ahead from one event to the next."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

from configs.repository import ROOT

SHIM = Path(__file__).with_name("clock")  # whose sitecustomize.py reads the file


class Clock:
    """How far ahead it is lies in a file, which all processes of the month read."""

    def __init__(self, file: Path) -> None:
        self.file, self.ahead = file, timedelta()

    @property
    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self.ahead

    def set(self, moment: datetime) -> None:
        """Lets it go on from another moment."""
        self.ahead = moment - datetime.now(timezone.utc)
        staged = self.file.with_suffix(".new")
        staged.write_text(str(self.ahead.total_seconds()))
        staged.rename(self.file)

    @property
    def environment(self) -> dict[str, str]:
        """What a process is told, so that it goes by this clock."""
        return {"PYTHONPATH": f"{SHIM}{os.pathsep}{ROOT}", "MONTH_CLOCK": str(self.file)}
