"""Whether rows are a series: moments at regular steps, a row each, and a number that may be told from those before."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, combinations

import numpy as np

from components.examples.splits import find_cuts
from components.examples.steps import DAY, Step, is_month_end, to_days
from components.examples.windows import Timeline
from components.validation.column_types import Role
from components.validation.profile import Column, Profile
from configs.schema.data import Split
from pipelines.onboarding.label_inference import CLASSES
from pipelines.onboarding.moment_inference import OF_DAY, spot_moment
from pipelines.onboarding.time_doubts import tells_time

FEWEST = 20  # moments
REGULAR = 0.75  # share of the steps that are alike
DOUBLED = 1.1  # rows a moment, up to which they are one series and some rows stand there twice
CROWDED = 1.2  # likewise in the longest of several series
FEW = 8  # steps that a model looks at where nothing repeats
FARTHEST = 24  # steps that are forecast at most, unless more are asked for
EXAMPLES = 1_000_000  # rows times horizons at most, likewise
MOST_FEW = 8  # columns of which combinations are tried
MOST_GROUPS = 3  # columns in one
LONGEST = 400  # steps that a season may have
SMALL = 1000  # rows of a series below which a tenth is too little to judge by
COUNTED = re.compile(r"(?i)(^|[\W_])(t|time|year|quarter|month|week|day|hour|period|step|tick)s?$")
YEARS = (1500, 2200)
SEASONS = {"weekday": {1: 5}, "month": {1: 12, 3: 4}, "second": {DAY: 7, 7 * DAY: 52}}  # by unit and count


@dataclass(frozen=True)
class Order:
    """The column that puts rows in order, how its moments are written, and that of each row, int64; which series."""

    name: str
    format: str | None
    is_moment: bool
    moments: np.ndarray
    series: np.ndarray
    groups: tuple[str, ...] = ()
    warning: str = ""

    @cached_property
    def sorted(self) -> np.ndarray:
        """The rows' numbers by series and in time; those of one moment as they came."""
        return np.lexsort((self.moments, self.series))

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each series begins among the sorted rows."""
        return np.flatnonzero(np.diff(self.series[self.sorted], prepend=-2))

    def take_steps(self, places: np.ndarray) -> np.ndarray:
        """Return how far each sorted row lies from the one before, given their places; 0 at the first of a series."""
        steps = np.diff(places, prepend=places[:1])
        steps[self.starts] = 0
        return steps


@dataclass(frozen=True)
class Series:
    """A series, and how it may be forecast: from `length` rows before, for each horizon; it repeats after a `season`.

    The `bar` is the rmse, on the rows that test, of saying what stood there a season before. Rows `ahead` are those
    after the last label of each series, by their numbers.
    """

    order: Order
    step: Step
    season: int
    length: int
    horizons: range
    split: Split
    bar: float
    ahead: np.ndarray


def find_series(profile: Profile, label: str, groups: Sequence[str], horizon: int | None) -> Series | None:
    """Returns the series that the rows are, with the steps that are to be forecast; None where they are none."""
    column = profile.columns[label]
    if not column.is_number or not profile.is_whole:
        return None
    for order in _list_orders(profile, label):
        for named in _list_groups(profile, order, label, groups):
            if step := find_step(named):
                return measure(named, step, column.numbers, column.codes(), horizon)
    return None


def find_step(order: Order) -> Step | None:
    """Returns how far the rows of each series lie apart; None where that differs, or moments have several rows."""
    longest = order.moments[order.series == np.bincount(order.series).argmax()]
    if len(longest) > CROWDED * len(np.unique(longest)):  # which is soon known of what is no series
        return None
    moments = order.moments[order.sorted]
    distinct = int((order.take_steps(moments) > 0).sum()) + len(order.starts)
    if distinct < FEWEST * len(order.starts) or len(moments) > DOUBLED * distinct:
        return None
    for unit in _list_units(order, moments):
        steps = order.take_steps(Step(1, unit).count_from(moments))
        steps = steps[order.take_steps(moments) > 0]
        counts = np.unique(steps, return_counts=True)
        best = counts[1].argmax()
        if steps.min() > 0 and counts[1][best] >= REGULAR * len(steps):
            return Step(int(counts[0][best]), unit)
    return None


def measure(order: Order, step: Step, numbers: np.ndarray, codes: np.ndarray, horizon: int | None) -> Series:
    """Returns a series whose label, of these numbers, each row has by a code, -1 where it is missing."""
    values = np.where(codes >= 0, numbers[codes], np.nan)[order.sorted]
    rows = len(values) // len(order.starts)
    usual = _find_usual_season(step)
    most = max(1, min(FARTHEST, rows // 10, EXAMPLES // len(values)))
    ahead = _find_ahead(values, order)
    horizons = range(1, (horizon or int(ahead.max()) or min(usual or 5, most)) + 1)
    found = {1, usual or 1, _find_echo(values, order)}
    line = Timeline.of(order.moments, order.series, step)
    moments, early = order.moments[order.sorted], line.places < 0.6 * rows
    seasons = sorted(season for season in found if season <= rows // 4)
    season = min(seasons, key=lambda season: _err(values, line, early, season, horizons)) if len(seasons) > 1 else 1
    length = max(season, min(max(2 * season, 2 * usual, FEW), rows // 4))
    split = Split(train=6, eval=2, test=2) if rows < SMALL else Split()
    held = ~np.isnan(values)
    times = np.concatenate([moments[held & (line.places >= length + steps - 1)] for steps in horizons])
    tested = moments >= find_cuts(times, list(split.parts.values()))[-1]
    bar = _err(values, line, tested, season, horizons)
    return Series(order, step, season, length, horizons, split, bar, order.sorted[ahead > 0])


def doubt_steps(found: Series, first: int) -> list[str]:
    """Returns what is to be said of gaps, of moments that are there twice, and of rows out of order, with the first.

    A run takes the rows in order, each for a step. `first` is the number of the first row.
    """
    order = found.order
    moments = order.moments[order.sorted]
    steps = order.take_steps(found.step.count_from(moments))
    apart = order.take_steps(moments)
    count, starts = found.step.count, np.isin(np.arange(len(moments)), order.starts)
    gaps, twice = np.flatnonzero(steps > count), np.flatnonzero((apart == 0) & ~starts)
    back = np.flatnonzero(_fall_back(order))
    sort, told = order.sorted + first, []
    if len(gaps):
        missing = int((steps[gaps] // count - 1).clip(min=1).sum())
        told.append(f"{_count(missing, 'step')} not there, the first before row {sort[gaps].min():,}")
    if len(twice):
        told.append(
            f"{_count(len(twice), 'row')} of a step that was there before, the first is row {sort[twice].min():,}"
        )
    if len(back):
        told.append(f"{_count(len(back), 'row')} earlier than the row above, the first is row {back[0] + first:,}")
    return [f"`{order.name}`: {text}" for text in told]


def list_parts(found: Series) -> list[str]:
    """Returns the parts of a moment that tell what the rows before do not: cycles longer than these, and seen twice."""
    if not found.order.is_moment:
        return []
    moments = found.order.moments
    step = found.step.count * {"month": 30 * DAY, "weekday": DAY}.get(found.step.unit, 1)
    cycles = {"hour": DAY, "day_of_week": 7 * DAY, "month": 365 * DAY}
    span = int(moments.max() - moments.min())
    return [part for part, cycle in cycles.items() if max(2 * step, found.length * step) < cycle <= span / 3]


def _list_orders(profile: Profile, label: str) -> Iterator[Order]:
    """Yields the columns that may put the rows in order: moments, years, and numbers whose name says so."""
    for name, column in profile.columns.items():
        if name == label or not name or not column.is_single or column.missing or not len(column.values):
            continue
        found = spot_moment(column)
        if found and found.options.get("format") in OF_DAY:
            continue
        format = found.options.get("format") if found else None
        if found or _counts_steps(column):
            moments = Role("moment", name, format=format).convert(column.values).to_numpy(zero_copy_only=False)
            yield Order(
                *(name, format, bool(found), moments[column.codes()], np.zeros(profile.read, np.int64)),
                warning=found.warning if found else "",
            )


def _counts_steps(column: Column) -> bool:
    if not column.is_whole or not column.is_number:
        return False
    are_years = YEARS[0] <= column.numbers.min() and column.numbers.max() <= YEARS[1]
    return are_years or COUNTED.search(column.name) is not None


def _list_groups(profile: Profile, order: Order, label: str, asked: Sequence[str]) -> Iterator[Order]:
    """Yields the order of one series, and of several, told apart by few columns; by those that are asked for alone."""
    columns = profile.columns.items()
    names = [name for name, column in columns if _is_few(column, profile) and not tells_time(column)]
    few = [name for name in names if name not in (label, order.name)]
    several = chain.from_iterable(combinations(few[:MOST_FEW], size) for size in range(2, MOST_GROUPS + 1))
    for groups in [tuple(asked)] if asked else chain([()], ((name,) for name in few), several):
        yield replace(order, series=profile.number(groups), groups=groups)


def _is_few(column: Column, profile: Profile) -> bool:
    """Whether a column may tell series apart, each of some rows."""
    few = column.is_single and not column.missing
    return few and 2 <= len(column.values) <= min(10 * CLASSES, profile.read / FEWEST)


def _list_units(order: Order, moments: np.ndarray) -> Iterator[str]:
    if not order.is_moment:
        yield "number"
        return
    days = to_days(moments)
    is_one = len(np.unique(days.astype(int) % 7)) == 1  # day of the week: such rows are weeks apart
    if np.is_busday(days).all() and len(np.unique(moments % DAY)) == 1 and not is_one:
        yield "weekday"
    yield "second"
    of_month = (days - days.astype("datetime64[M]")).astype(int)
    if len(np.unique(of_month)) == 1 or is_month_end(moments).all():
        yield "month"


def _find_usual_season(step: Step) -> int:
    """Returns after how many steps the calendar repeats itself; 0 where it does not tell."""
    if step.unit == "second" and step.count < DAY and DAY % step.count == 0:
        return DAY // step.count
    return SEASONS.get(step.unit, {}).get(step.count, 0)


def _find_echo(values: np.ndarray, order: Order) -> int:
    """Returns the lag at which the changes of the longest series are most alike, 1 where they never are."""
    sizes = _sizes(order)
    start, size = order.starts[sizes.argmax()], int(sizes.max())
    changes = np.diff(np.nan_to_num(values[start : start + size], nan=float(np.nanmean(values))))
    changes = changes - changes.mean()
    power = np.abs(np.fft.rfft(changes, 2 * len(changes))) ** 2
    alike = np.fft.irfft(power)[: min(LONGEST, size // 4)]
    if len(alike) < 3 or alike[0] <= 0:
        return 1
    best = int(alike[2:].argmax()) + 2
    return best if alike[best] > 0.3 * alike[0] else 1


def _find_ahead(values: np.ndarray, order: Order) -> np.ndarray:
    """Returns how far after the last value of its series each sorted row lies; 0 up to there."""
    rows = np.arange(len(values))
    lasts = np.maximum.reduceat(np.where(np.isnan(values), -1, rows), order.starts)
    ends = np.maximum(lasts, order.starts - 1)
    return np.maximum(rows - np.repeat(ends, _sizes(order)), 0)


def _err(values: np.ndarray, line: Timeline, judged: np.ndarray, season: int, horizons: Sequence[int]) -> float:
    """Returns the rmse, on the rows that are judged, of saying for each horizon what stood there a season before.

    It is the last season that is known then; where nothing stood there, nothing is said.
    """
    squares, held = [], ~np.isnan(values)
    for horizon in horizons:
        back = -(-horizon // season) * season
        rows = np.flatnonzero(judged & (line.places >= back))
        before = line.find(rows, np.array([back]), held)[:, 0]
        squares.append(np.where(before < 0, np.nan, values[rows] - values[before]) ** 2)
    errors = np.concatenate(squares)
    return float(np.sqrt(np.nanmean(errors))) if np.isfinite(errors).any() else float("inf")


def _count(number: int, what: str) -> str:
    return f"1 {what} is" if number == 1 else f"{number:,} {what}s are"


def _sizes(order: Order) -> np.ndarray:
    return np.diff(order.starts, append=len(order.moments))


def _fall_back(order: Order) -> np.ndarray:
    """Whether each row, as they came, is earlier than the one before it in its series."""
    by_series = np.argsort(order.series, kind="stable")
    falls = np.zeros(len(by_series), bool)
    same = np.diff(order.series[by_series], prepend=-2) == 0
    falls[by_series] = (np.diff(order.moments[by_series], prepend=order.moments[by_series[:1]]) < 0) & same
    return falls
