"""How the rows of data files are divided into splits: what of them a worker reads, and what assigns its rows.

Engines' workers load this module, and it no TensorFlow.
"""

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from components.examples.splits import (
    assign_by_class,
    assign_by_time,
    assign_splits,
    find_class_cuts,
    find_cuts,
    find_times,
    hash_classes,
    thin,
)
from components.examples.windows import Frame, roll
from components.readers.file_format import FileFormat
from components.readers.formats import find_format
from components.readers.query import Query
from components.readers.ranges import Range, pack
from components.readers.spans import Choice
from components.validation import validate
from components.validation.column_types import Role
from components.validation.typed_batch import TIME, drop_unlabelled
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect
from configs.schema.training import Replay

Assign = Callable[[pa.RecordBatch], np.ndarray]


@dataclass(frozen=True)
class Plan:
    """What the node must know of the config, as it travels to the executor."""

    format: str
    roles: Mapping[str, Role]
    groups: tuple[str, ...] = ()
    frame: Frame | None = None
    choice: Choice = Choice()
    dialect: Dialect = PLAIN
    stratify: str | None = None  # the label whose classes are divided alike
    repeats: bool = False
    query: Query | None = None
    origins: int = 1  # from which the test split is judged
    missing: str = ""  # spans that the driver found none of, in words
    replay: Replay | None = None
    replayed: tuple[str, ...] = ()  # earlier spans of which some rows are learnt again, as the driver found them

    def roll(self, batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        """Return the typed rows of all files as what becomes examples."""
        examples = roll(batches, self.frame) if self.frame else batches
        return (drop_unlabelled(batch, self.roles) for batch in examples)


def cut_files(files: Sequence[str], plan: Plan) -> Iterator[list[Range]]:
    """Yield the ranges of the files, as many together as make a shard; whole files where a row's place in it counts."""
    readers = [find_format(path, plan.format, plan.dialect) for path in files]
    whole = plan.repeats
    return pack(
        part
        for reader, path in zip(readers, files, strict=True)
        for part in (FileFormat.cut(reader, path) if whole else reader.cut(path))
    )


@dataclass(frozen=True)
class Survey:
    """What the rows of some ranges tell of how all are divided, and how many of them each file has."""

    counts: Mapping[str, int]
    unlabelled: int
    labels: frozenset[float]  # the least and the greatest of each batch
    keys: Sequence[tuple[np.ndarray, ...]]  # of each batch, as `_find_keys` has them


def survey(element: tuple[int, list[Range]], plan: Plan, weights: list[int], first: str, folder: str) -> None:
    """Checks the rows of some ranges on an engine's worker, and leaves their survey in a file; None of unsound ones."""
    number, ranges = element
    counts, labels, unlabelled = dict.fromkeys((part.path for part in ranges), 0), set[float](), list[int]()
    found: Survey | None = None
    with suppress(DataRejected, pa.ArrowInvalid):
        keys = []
        for part in ranges:
            for batch in validate.check_range(part, first, plan.format, plan.roles, plan.dialect):
                counts[part.path] += len(batch)
                labels |= validate.find_labels(batch, plan.roles)
                [labelled] = _count_unlabelled([batch], plan, unlabelled)
                keys += [find_keys(kept, plan, weights) for kept in plan.roll([labelled])]
        found = Survey(counts, sum(unlabelled), frozenset(labels), keys)
    with open(os.path.join(folder, str(number)), "wb") as file:
        pickle.dump(found, file)


def gather_surveys(folder: str, count: int) -> list[Survey] | None:
    """Return the surveys of so many lots of ranges, in order; None where one of them was unsound."""
    found: list[Survey | None] = []
    for number in range(count):
        with open(os.path.join(folder, str(number)), "rb") as file:
            found.append(pickle.load(file))
    sound = [each for each in found if each]
    return sound if len(sound) == count else None


def divide(
    files: Sequence[str], plan: Plan, parts: Mapping[str, int], counts: MutableMapping[str, int]
) -> tuple[Assign, dict[str, int], int]:
    """Return what assigns rows to splits, how many rows each split gets, and how many are left out for want of a label.

    How many rows each file has is put into `counts`. Raises DataRejected for unsound files.
    """
    unlabelled: list[int] = []
    checked = validate.check_batches(files, plan.format, plan.roles, plan.dialect, plan.repeats, counts)
    batches = plan.roll(_count_unlabelled(checked, plan, unlabelled))
    assign, rows = settle([find_keys(batch, plan, list(parts.values())) for batch in batches], plan, parts, files)
    return assign, rows, sum(unlabelled)


def find_keys(batch: pa.RecordBatch, plan: Plan, weights: Sequence[int]) -> tuple[np.ndarray, ...]:
    """Return what rows are divided by: their times, their classes and hashes, or how many of them each split has."""
    if TIME in plan.roles:
        return (find_times(batch),)
    if plan.stratify:
        return hash_classes(batch, plan.stratify)
    return (np.bincount(assign_splits(batch, weights, plan.groups), minlength=len(weights)),)


def settle(
    keys: Sequence[tuple[np.ndarray, ...]], plan: Plan, parts: Mapping[str, int], files: Sequence[str]
) -> tuple[Assign, dict[str, int]]:
    """Return what assigns rows to splits, and how many rows each gets, by the keys of all batches."""
    weights = list(parts.values())
    if TIME in plan.roles:
        times = np.concatenate([found for (found,) in keys])
        cuts = find_cuts(times, [*(plan.origins * weight for weight in weights[:-1]), *plan.origins * weights[-1:]])
        assign: Assign = partial(assign_by_time, cuts=cuts)
        found = np.bincount(np.searchsorted(cuts, times, side="right"), minlength=len(cuts) + 1)
        sizes = np.append(found[: len(parts) - 1], found[len(parts) - 1 :].sum())
        _require_origins(found[len(parts) - 1 :], files)
    elif plan.stratify:
        classes, hashes = (np.concatenate(arrays) for arrays in zip(*keys, strict=True))
        within = find_class_cuts(classes, hashes, weights)
        assign = partial(assign_by_class, label=plan.stratify, cuts=within)
        sizes = np.sum(
            [
                np.bincount(np.searchsorted(cuts, hashes[classes == index], side="right"), minlength=len(parts))
                for index, cuts in within.items()
            ],
            axis=0,
        )
    else:
        assign = partial(assign_splits, parts=weights, groups=plan.groups)
        sizes = np.sum([found for (found,) in keys], axis=0)
    rows = dict(zip(parts, sizes.tolist(), strict=True))
    empty = next((split for split, count in rows.items() if not count), None)
    if empty:
        seen = ", ".join(f"{split} {count:,}" for split, count in rows.items())
        remedy = f"Add {'groups' if plan.groups else 'rows'}, or give the split a larger part in data.split."
        if not plan.groups and not plan.repeats:
            remedy += " Where many rows are equal, data.split.repeats parts them."
        raise DataRejected(f"The split `{empty}` comes out empty; rows: {seen}.", os.path.commonpath(files), remedy)
    return assign, rows


def replay(
    files: Sequence[str], plan: Plan, assign: Assign, new: int, counts: MutableMapping[str, int]
) -> tuple[Assign, int]:
    """Return what assigns the rows of earlier spans that are learnt again, and how many these are.

    They are of those that the train split would have had, as many as make up their share beside the `new` rows.
    """
    share = plan.replay.share if plan.replay else 0.0

    def read() -> Iterable[pa.RecordBatch]:
        return plan.roll(validate.check_batches(files, plan.format, plan.roles, plan.dialect, plan.repeats, counts))

    there = sum(int((assign(batch) == 0).sum()) for batch in read())
    kept = min(1.0, new * share / (1 - share) / max(1, there))
    again: Assign = partial(_assign_again, assign=assign, share=kept)
    return again, sum(int((again(batch) == 0).sum()) for batch in read())


def _assign_again(batch: pa.RecordBatch, assign: Assign, share: float) -> np.ndarray:
    return thin(batch, assign(batch), share)


def _require_origins(rows: np.ndarray, files: Sequence[str]) -> None:
    """Raises DataRejected where there are no rows between an origin and the next, but some after another."""
    if rows.any() and not rows.all():
        what = f"After origin {int(np.flatnonzero(rows == 0)[0]) + 1} of {len(rows)} there is no row."
        remedy = "Lower evaluation.backtest, or give test a larger part in data.split."
        raise DataRejected(what, os.path.commonpath(files), remedy)


def _count_unlabelled(batches: Iterable[pa.RecordBatch], plan: Plan, counts: list[int]) -> Iterator[pa.RecordBatch]:
    """Yield the batches, and add to `counts` the rows of each without a label."""
    for batch in batches:
        counts.append(len(batch) - len(drop_unlabelled(batch, plan.roles)))
        yield batch
