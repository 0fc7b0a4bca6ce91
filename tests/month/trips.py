"""The taxi trips of the sample in order of their time, cut into spans of equal size, and what may become of a span."""

import csv
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from configs.samples import catalog

SPANS = 30
APART = 75  # every so manyth trip goes to the reader of the served model, and into no span
Trip = dict[str, str]
Trips = list[Trip]
Change = Callable[[Trips], Trips]


def read_trips() -> Trips:
    """Returns all trips, oldest first."""
    with catalog.resolve("sample://taxi").open(newline="") as file:
        return sorted(csv.DictReader(file), key=lambda trip: int(trip["trip_start_timestamp"]))


def cut_spans(trips: Trips) -> tuple[list[Trips], Trips]:
    """Returns the spans, all of one size, and the trips that are kept apart."""
    size = len(trips) // SPANS
    spans = [trips[size * place : size * (place + 1)] for place in range(SPANS)]
    kept = [[trip for number, trip in enumerate(span) if number % APART] for span in spans]
    return kept, [trip for span in spans for trip in span[::APART]]


def in_cents(trips: Trips) -> Trips:
    """Fares in another unit."""
    return [trip | {"fare": str(100 * float(trip["fare"] or 0))} for trip in trips]


def with_merger(trips: Trips) -> Trips:
    """A company that nobody knew has taken over every second trip."""
    return [trip | {"company": "Lake Cabs"} if number % 2 else trip for number, trip in enumerate(trips)]


def dearer(rise: float) -> Change:
    """Fares so many times as high."""
    return lambda trips: [trip | {"fare": f"{rise * float(trip['fare'] or 0):.2f}"} for trip in trips]


def mislabelled(trips: Trips) -> Trips:
    """Who tipped is said not to have, and who did not, to have."""
    return [trip | {"big_tipper": str(1 - int(trip["big_tipper"]))} for trip in trips]


def write_trips(file: Path, trips: Sequence[Trip]) -> None:
    """Writes trips as CSV, in an order of no meaning."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as text:
        writer = csv.DictWriter(text, list(trips[0]))
        writer.writeheader()
        writer.writerows(random.Random(0).sample(trips, len(trips)))
