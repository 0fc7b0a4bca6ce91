"""The month: what is out of the ordinary on which day, and the pipeline that lives through it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from tests.month.trips import Change, Trips, cut_spans, dearer, in_cents, mislabelled, read_trips, with_merger
from tests.month.world import World

LAST = 32  # the day of the last span
HALVED, QUIET, CENTS, MERGER, POWER, TARIFF, WRONG, ROLLBACK, DISK = 3, (6, 7), 9, 12, 13, 15, 21, 23, 26
RISE, LONG = 1.08, 6  # how many times as much a trip costs each day, on so many days
BAR, DRIFT, ENOUGH = 0.85, 0.2, 4  # the limits of the config below
YAML = f"""\
name: trips
data: {{format: csv, path: "trips/{{YYYY}}-{{MM}}-{{DD}}/*.csv", spans: 4, gaps: bridge, marker: _SUCCESS,
  split: {{train: 6, eval: 1, test: 3}}}}
label: {{name: big_tipper, kind: binary}}
features:
  fare: {{kind: numeric}}
  trip_miles: {{kind: numeric}}
  trip_seconds: {{kind: numeric}}
  payment_type: {{kind: categorical, vocabulary: 10}}
  company: {{kind: categorical, vocabulary: 50, oov: 2}}
model: {{family: dnn, hidden_units: [16]}}
training: {{batch_size: 64, steps: 300, checkpoint_every: 50, optimizer: {{name: adam, learning_rate: 3e-3}}}}
gate: {{unseen: 0.1}}
evaluation: {{thresholds: {{auc: {{min: {BAR}, max_drop: 0.03}}}}}}
schedule:
  cron: "0 3 * * *"
  when: {{new_spans: {ENOUGH}, drift: {{linf: {DRIFT}}}, quality: {{auc: {{min: 0.8}}}}}}
  failures: {{pause_after: 3, retry_in: 15m}}
storage: {{root: workspace}}
"""
Act = Callable[[World, int], None]
Delivery = Callable[[World, int], int]


@cache
def spans() -> tuple[list[Trips], Trips]:
    """Returns the spans, and the trips that are kept apart."""
    return cut_spans(read_trips())


def trips_of(day: int) -> Trips:
    """Returns the trips of a day as they are by then: with the merger, at the tariff; those after quiet days follow."""
    trips = spans()[0][day - 1 - sum(day > quiet for quiet in QUIET)]
    trips = with_merger(trips) if day >= MERGER else trips
    return dearer(RISE ** min(day - TARIFF + 1, LONG))(trips) if day >= TARIFF else trips


def deliver(world: World, day: int) -> int:
    return world.deliver(day, trips_of(day))


def deliver_nothing(_world: World, _day: int) -> int:
    return 0


def deliver_half(world: World, day: int) -> int:
    return world.deliver(day, trips_of(day)[::2], "part-1", complete=False)


def deliver_other_half(world: World, day: int) -> int:
    return world.deliver(day - 1, trips_of(day - 1)[1::2], "part-2") + deliver(world, day)


def deliver_spoilt(change: Change) -> Delivery:
    return lambda world, day: world.deliver(day, change(trips_of(day)))


def roll_back_and_deliver(world: World, day: int) -> int:
    """A person rolls back; a run of what is there makes the same model again, which stays away."""
    world.millrace("rollback", "--reason", "drivers complain")
    world.millrace("run", codes=(4,))
    return deliver(world, day)


def ask(world: World, day: int) -> None:
    """Lets it become the time of the cron."""
    world.go_to(day, 3)
    world.wait_for_answer()


def begin(world: World, day: int) -> None:
    world.go_to(day, 3)
    world.start_daemon()
    world.wait_for_answer()
    world.start_server()


def cut_power(world: World, day: int) -> None:
    world.go_to(day, 3)
    world.cut_power()
    world.start_daemon()
    world.wait_for_answer()


def lock_disk(world: World, day: int) -> None:
    world.lock_disk()
    world.go_to(day, 3)
    world.ask_in_vain(day)


def trigger(world: World, reason: str) -> None:
    world.millrace("schedule trigger", "--reason", reason)
    world.wait_for_answer()


def put_right(world: World, day: int) -> None:
    """The trips of the day before come again, as they should have been."""
    deliver(world, day - 1)
    trigger(world, "the newest trips are put right")


def accept_schema(world: World, _day: int) -> None:
    world.millrace("schema accept")
    trigger(world, "Lake Cabs is a company like others")


def free_disk(world: World, day: int) -> None:
    world.wait_for_answer()
    world.free_disk()
    world.go_to(day, 23, 30)
    world.wait_for_answer()
    world.wait(lambda: world.events[-1] == "recovered")


@dataclass(frozen=True)
class Event:
    """A day: what happens, how its trips come at half past two, how it is asked at three, what a person does at ten."""

    what: str = ""
    deliver: Delivery = deliver
    ask: Act = ask
    person: Act | None = None


EVENTS: Mapping[int, Event] = {
    1: Event("The first trips come, and the daemon is started.", ask=begin),
    HALVED: Event("Half of the trips come, without `_SUCCESS`.", deliver_half),
    HALVED + 1: Event("The other half comes, and the day's own trips.", deliver_other_half),
    **{day: Event("No trips come.", deliver_nothing) for day in QUIET},
    CENTS: Event("Fares come in cents.", deliver_spoilt(in_cents)),
    CENTS + 1: Event("A person puts these fares right, and asks for a run.", person=put_right),
    MERGER: Event(
        "A company that nobody knew has taken over every second trip. A person accepts it: `millrace schema accept`.",
        person=accept_schema,
    ),
    POWER: Event("The power fails in mid-training, and comes back.", ask=cut_power),
    TARIFF: Event(f"From now on fares are {RISE - 1:.0%} higher each day, for {LONG} days."),
    WRONG: Event("Labels come the wrong way round.", deliver_spoilt(mislabelled)),
    WRONG + 1: Event("A person puts these labels right, and asks for a run.", person=put_right),
    ROLLBACK: Event("Before trips come, a person rolls back, and runs the pipeline again.", roll_back_and_deliver),
    DISK: Event("The disk can only be read, until a person mends it.", ask=lock_disk, person=free_disk),
}
