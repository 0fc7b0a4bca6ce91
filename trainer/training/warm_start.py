"""Beginning with the weights of a version that was trained before."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from configs.errors import MillraceError
from trainer.export.saved_model import KERAS_MODEL
from trainer.export.signatures import FOLDS, JUDGED
from trainer.features.learnt import Learnt
from trainer.features.transforms import Column
from trainer.models.custom import load

# How the ids of several columns become rows of one table: models/layers.py, in whose place versions have had Add.
JOINED = ("Concatenate", "Subtract", "Add")
Vocabularies = Mapping[str, Sequence[bytes]]


@dataclass(frozen=True)
class Table:
    """The rows of one column among those of a weight: padding, if any, then one for each value, then all others."""

    values: Sequence[bytes]
    padding: int
    rows: int


def warm_start(model: keras.Model, folder: Path, learnt: Learnt, columns: Sequence[Column]) -> None:
    """Gives the model, of these columns, the weights of an exported one; those of a value follow it to its new id.

    A value that the other did not know keeps the weights that it has. Raises MillraceError for another architecture,
    and for weights that have seen the rows that judge.
    """
    folder = find_judged(folder)
    base, known = load(folder, KERAS_MODEL), read_vocabularies(folder, learnt.vocabularies)
    new = find_tables(model, {column.name: lay_out(column, learnt.vocabularies) for column in columns})
    old = find_tables(base, {column.name: resize(column, learnt.vocabularies, known) for column in columns})
    require_alike(model, base, new.keys() & old.keys())
    for place, (ours, theirs) in enumerate(zip(model.weights, base.weights, strict=True)):
        value = theirs.numpy()
        if place in new and place in old:
            value = carry(np.array(ours.numpy()), new[place], np.array(value), old[place])
        ours.assign(value)
    logging.info("began with the weights of %s; %d vocabularies were matched", folder, len(known))


def find_judged(folder: Path, key: str = "training.warm_start", version: str = "the version in service") -> Path:
    """Returns where the weights lie that have not seen the test split: of a model of all rows, those that judged it.

    Raises MillraceError, which names the key of the config that asks, where all have.
    """
    judged = folder / JUDGED
    if (judged / FOLDS).exists():
        raise MillraceError(
            f"{key}: {version} has learnt from all rows, those of the test split among them.",
            "Trainer",
            f"It came of evaluation.folds: leave {key} out, or publish a version without these first.",
        )
    return judged if judged.exists() else folder


def read_vocabularies(folder: Path, names: Iterable[str]) -> dict[str, list[bytes]]:
    """Returns the vocabularies of an exported model, files of a value a line, that are among the names."""
    files = {name: folder / "assets" / name for name in names}
    return {name: file.read_bytes().splitlines() for name, file in files.items() if file.is_file()}


def lay_out(column: Column, vocabularies: Vocabularies) -> Table:
    """Returns the rows of a column's table."""
    feature, _, part = column.name.rpartition(".")
    return Table(vocabularies.get(feature, ()), int(part == "words"), column.size or 0)


def resize(column: Column, new: Vocabularies, old: Vocabularies) -> Table:
    """Returns the rows of a column's table where another vocabulary was known: there are as many for all others."""
    own, feature = lay_out(column, old), column.name.rpartition(".")[0]
    return replace(own, rows=own.rows + len(old.get(feature, ())) - len(new.get(feature, ())))


def find_tables(model: keras.Model, tables: Mapping[str, Table]) -> dict[int, list[Table]]:
    """Returns the tables, one behind the other, of the weights that are made of such, by the weight's place."""
    places = {id(weight): place for place, weight in enumerate(model.weights)}
    made = {id(op.output): op for op in model.operations if type(op).__name__ in JOINED}
    found = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.Embedding):
            own = [tables[name] for name in list_sources(layer.input, made) if name in tables]
            if own and sum(table.rows for table in own) == layer.input_dim:
                found[places[id(layer.embeddings)]] = own
    return found


def list_sources(tensor: keras.KerasTensor, made: Mapping[int, keras.Operation]) -> list[str]:
    """Returns the names of the inputs that were joined to a tensor."""
    if id(tensor) not in made:
        return [tensor.name]
    joined = made[id(tensor)].input
    return [name for one in (joined if isinstance(joined, list) else [joined]) for name in list_sources(one, made)]


def require_alike(model: keras.Model, base: keras.Model, tables: Collection[int]) -> None:
    """Raises MillraceError with what differs first; a weight of tables may have more rows or fewer."""
    if list(model.input) != list(base.input):
        raise _change(f"it takes {', '.join(model.input)} here, {', '.join(base.input)} there")
    ours, theirs = model.weights, base.weights
    if len(ours) != len(theirs):
        raise _change(f"{len(ours)} weights here, {len(theirs)} there")
    for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        free = int(place in tables)  # the number of rows
        if one.name != other.name or tuple(one.shape)[free:] != tuple(other.shape)[free:]:
            raise _change(f"{one.path} {tuple(one.shape)} here, {other.path} {tuple(other.shape)} there")


def carry(ours: np.ndarray, new: Sequence[Table], theirs: np.ndarray, old: Sequence[Table]) -> np.ndarray:
    """Returns our weight with their row for each value that they know, for padding, and for the others of a column."""
    result, start, begun = ours.copy(), 0, 0
    for table, other in zip(new, old, strict=True):
        for target, source in match(table, other):
            result[start + target] = theirs[begun + source]
        start, begun = start + table.rows, begun + other.rows
    return result


def match(new: Table, old: Table) -> Iterator[tuple[int, int]]:
    """Yields the rows, of a column in both weights, that mean the same."""
    known = {value: old.padding + row for row, value in enumerate(old.values)}
    yield from ((row, row) for row in range(new.padding))
    yield from ((new.padding + row, known[value]) for row, value in enumerate(new.values) if value in known)
    ours, theirs = (range(table.padding + len(table.values), table.rows) for table in (new, old))
    yield from zip(ours, theirs, strict=False)


def _change(what: str) -> MillraceError:
    return MillraceError(
        f"training.warm_start: the version in service has another architecture: {what}.",
        "Trainer",
        "Set training.warm_start to false for the first run with a new architecture.",
    )
