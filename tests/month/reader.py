"""A reader of the served model, who asks it throughout the month, and holds what it answers against the labels."""

import json
import math
import threading
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sklearn.metrics import roc_auc_score

from tests.month.trips import Trip

PAUSE = 1.0  # seconds between two looks
NUMBERS, TEXTS = ("fare", "trip_miles", "trip_seconds"), ("payment_type", "company")


@dataclass(frozen=True)
class Seen:
    """What one look saw: which version was in service before and after it was asked, and how well it told."""

    at: datetime
    versions: tuple[int, int]
    auc: float


class Reader(threading.Thread):
    """Asks until it is told to stop; a look that fails ends it, and is kept."""

    def __init__(self, address: str, trips: Sequence[Trip], clock: Callable[[], datetime]) -> None:
        super().__init__(daemon=True)
        self.address, self.clock = address, clock
        self.labels = [int(trip["big_tipper"]) for trip in trips]
        instances = [
            {name: float(trip[name] or math.nan) for name in NUMBERS} | {name: trip[name] for name in TEXTS}
            for trip in trips
        ]
        self.body = json.dumps({"signature_name": "serving_raw", "instances": instances}).encode()
        self.seen, self.fault, self.stopped = list[Seen](), "", threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                self.seen.append(self.look())
            except (OSError, ValueError, LookupError) as error:
                self.fault = f"{self.clock()}: {error!r}"
                return
            self.stopped.wait(PAUSE)

    def look(self) -> Seen:
        """Asks once."""
        before = self.ask_version()
        with urllib.request.urlopen(f"{self.address}:predict", self.body, timeout=60) as answer:
            scores = [each["scores"][1] for each in json.load(answer)["predictions"]]
        return Seen(self.clock(), (before, self.ask_version()), float(roc_auc_score(self.labels, scores)))

    def ask_version(self) -> int:
        """Returns the version that is served, which has to be available."""
        with urllib.request.urlopen(self.address, timeout=60) as answer:
            return next(
                int(each["version"])
                for each in json.load(answer)["model_version_status"]
                if each["state"] == "AVAILABLE"
            )

    def stop(self) -> None:
        self.stopped.set()
        self.join()
