"""What the records say: medians of the rounds, growth with the rows, and whether the aims are met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, stdev
from typing import Any

START = "imports, start-up"
ALIASES = {"Baseline": "Resolver", "CsvExampleGen": "ExampleGen", "latest_blessed_model_resolver": "Resolver"}
FIGURES = ("wall", "cpu", "memory", "others")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """The medians of one contestant at one size; `noise` is the standard deviation of its AUC over the seeds."""

    contestant: str
    rows: int
    wall: float
    cpu: float
    memory: float
    others: float
    parts: Mapping[str, float]
    auc: float | None
    noise: float | None


@dataclass(frozen=True)
class Growth:
    """CPU seconds: those without a row, and those for each 100,000 rows."""

    intercept: float
    slope: float


@dataclass(frozen=True)
class Aim:
    """What was aimed at, what was measured, and whether that is enough; None where it was not measured."""

    text: str
    measured: str = "not measured"
    met: bool | None = None


@dataclass(frozen=True)
class Pace:
    """Steps a CPU second that a family is trained with, by the Trainer and by Keras's fit, and the one by the other."""

    family: str
    config: str
    batch_size: int
    trainer: float
    keras: float
    share: float


def summarise(records: Sequence[Record]) -> list[Line]:
    """Returns a line for each contestant and size, in the order of the records."""
    groups: dict[tuple[str, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record["contestant"], record["rows"]), []).append(record)
    return [_summarise(name, rows, group) for (name, rows), group in groups.items()]


def _summarise(name: str, rows: int, group: Sequence[Record]) -> Line:
    figures = {figure: median(record[figure] for record in group) for figure in FIGURES}
    parts = [divide(record) for record in group]
    medians = {part: median(each[part] for each in parts) for part in parts[0]}
    scores = [record["auc"] for record in group if record.get("auc") is not None]
    noise = stdev(scores) if len(scores) > 1 else None
    return Line(name, rows, **figures, parts=medians, auc=median(scores) if scores else None, noise=noise)


def divide(record: Record) -> dict[str, float]:
    """Returns the CPU seconds by component; what no component used is the start."""
    parts = {ALIASES.get(name, name): seconds for name, seconds in record.get("parts", {}).items()}
    return {START: record["cpu"] - sum(parts.values()), **parts}


def grow(small: Line, large: Line) -> dict[str, Growth]:
    """Returns the growth of each component from one size to the other, and that of all as `total`."""
    ends = {part: (small.parts[part], large.parts[part]) for part in small.parts} | {"total": (small.cpu, large.cpu)}
    return {part: _line(small.rows, low, large.rows, high) for part, (low, high) in ends.items()}


def _line(few: int, low: float, many: int, high: float) -> Growth:
    slope = (high - low) / (many - few)
    return Growth(low - slope * few, slope * 100_000)


def judge(lines: Sequence[Line]) -> list[Aim]:
    """Returns the aims beside what was measured; the smallest and the largest size are what the aims speak of."""
    found = {(line.contestant, line.rows): line for line in lines}
    sizes = sorted({line.rows for line in lines})
    small, large = sizes[0], sizes[-1]
    ours = [found[name, rows] for name, rows in found if name == "b"]
    return [
        _cheaper(found, small, 3.5),
        _cheaper(found, large, 5) if large > small else Aim("5 times less CPU than TFX's example at the larger size"),
        _slope([line for line in lines if line.contestant == "a"], ours),
        _as_fast(found, small, ("b", "c2"), "a first run, against the plain script of equal work", 1.1),
        _as_fast(found, small, ("b3", "b"), "a run with another learning rate, against the first", 0.45),
        _repeated([line for line in lines if line.contestant == "b2"]),
        _small(ours),
        *(_as_good(found, rows) for rows in sizes),
    ]


def _cheaper(found: Mapping[tuple[str, int], Line], rows: int, factor: float) -> Aim:
    text = f"{factor:g} times less CPU than TFX's example at {rows:,} rows"
    if ("a", rows) not in found or ("b", rows) not in found:
        return Aim(text)
    theirs, ours = found["a", rows].cpu, found["b", rows].cpu
    return Aim(text, f"{theirs / ours:.1f} times: {ours:.1f} s against {theirs:.1f} s", theirs / ours >= factor)


def _slope(theirs: Sequence[Line], ours: Sequence[Line], limit: float = 0.07) -> Aim:
    text = f"for each 100,000 rows more {limit:g} of the CPU that TFX's example takes"
    if len(ours) < 2 or len(theirs) < 2:
        return Aim(text)
    slope, other = (grow(lines[0], lines[-1])["total"].slope for lines in (ours, theirs))
    return Aim(text, f"{slope / other:.2f}: {slope:.1f} s against {other:.1f} s", slope / other <= limit)


def _as_fast(found: Mapping[tuple[str, int], Line], rows: int, names: tuple[str, str], text: str, limit: float) -> Aim:
    text = f"{text}: {limit:g} of its wall time"
    if any((name, rows) not in found for name in names):
        return Aim(text)
    ours, other = (found[name, rows].wall for name in names)
    return Aim(text, f"{ours / other:.2f}: {ours:.1f} s against {other:.1f} s", ours / other <= limit)


def _repeated(again: Sequence[Line], limit: float = 1) -> Aim:
    text = f"at most {limit:g} s for a run for which nothing has changed"
    if not again:
        return Aim(text)
    slowest = max(again, key=lambda line: line.wall)
    measured = f"{slowest.wall:.1f} s, of CPU {slowest.cpu:.1f} s, at {slowest.rows:,} rows"
    return Aim(text, measured, slowest.wall <= limit)


def _small(ours: Sequence[Line], limit: float = 0.9 * 1024) -> Aim:
    text = f"at most {limit:,.0f} MiB for the largest process of a run"
    if not ours:
        return Aim(text)
    most = max(line.memory for line in ours)
    return Aim(text, f"{most:,.0f} MiB", most <= limit)


def _as_good(found: Mapping[tuple[str, int], Line], rows: int) -> Aim:
    text = f"an AUC not below that of TFX's example by more than the seeds' noise, at {rows:,} rows"
    theirs, ours = found.get(("a", rows)), found.get(("b", rows))
    if theirs is None or ours is None or theirs.auc is None or ours.auc is None:
        return Aim(text)
    known = [line.noise for line in (theirs, ours) if line.noise is not None]
    noise = f"noise {max(known):.4f}" if known else "noise unknown"
    return Aim(
        text, f"{ours.auc:.4f} against {theirs.auc:.4f}, {noise}", ours.auc >= theirs.auc - max(known, default=0)
    )


def pace(records: Sequence[Record]) -> list[Pace]:
    """Returns the medians of each family, in the order of the records."""
    families: dict[str, list[Record]] = {}
    for record in records:
        families.setdefault(record["family"], []).append(record)
    return [
        Pace(
            family,
            group[0]["config"],
            group[0]["batch_size"],
            median(record["trainer"] for record in group),
            median(record["keras"] for record in group),
            median(record["trainer"] / record["keras"] for record in group),
        )
        for family, group in families.items()
    ]
