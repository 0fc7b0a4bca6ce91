"""Beginning with the weights of a version that was trained before."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from configs.errors import MillraceError
from trainer.export.saved_model import KERAS_MODEL
from trainer.features.learnt import VOCABULARIES, Learnt
from trainer.models.custom import load


@dataclass(frozen=True)
class Table:
    """The values that have a row each in a weight, in their order, from row `first` on."""

    values: Sequence[bytes]
    first: int


def warm_start(model: keras.Model, folder: Path, learnt: Learnt) -> None:
    """Gives the model the weights of an exported one; those of a value or a word follow it to its new id.

    A value that the other did not know keeps the weights that it has. Raises MillraceError for another architecture.
    """
    base = load(folder, KERAS_MODEL)
    new = find_tables(model, Path(learnt.folder, VOCABULARIES))
    old = find_tables(base, folder / "assets")
    require_alike(model, base, new.keys())
    for place, (ours, theirs) in enumerate(zip(model.weights, base.weights, strict=True)):
        value = theirs.numpy()
        if place in new and place in old:
            value = carry(np.array(ours.numpy()), new[place], np.array(value), old[place])
        ours.assign(value)
    logging.info("began with the weights of %s; %d vocabularies were matched", folder, len(new))


def find_tables(model: keras.Model, assets: Path) -> dict[int, Table]:
    """Returns the vocabularies, files of a value a line, of the weights that have a row for each value, by place."""
    places = {id(weight): place for place, weight in enumerate(model.weights)}
    found = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.Embedding):
            feature, _, part = layer.input.name.rpartition(".")
            if feature and (assets / feature).is_file():
                lines = (assets / feature).read_bytes().splitlines()
                found[places[id(layer.embeddings)]] = Table(lines, int(part == "words"))  # 0 is padding
    return found


def require_alike(model: keras.Model, base: keras.Model, tables: Collection[int]) -> None:
    """Raises MillraceError with what differs first; a weight that has a row for each value may have more or fewer."""
    ours, theirs = model.weights, base.weights
    if len(ours) != len(theirs):
        raise _change(f"{len(ours)} weights here, {len(theirs)} there")
    for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        free = int(place in tables)  # the number of rows
        if one.name != other.name or tuple(one.shape)[free:] != tuple(other.shape)[free:]:
            raise _change(f"{one.path} {tuple(one.shape)} here, {other.path} {tuple(other.shape)} there")


def carry(ours: np.ndarray, new: Table, theirs: np.ndarray, old: Table) -> np.ndarray:
    """Returns our weight with their row for each value that they know, for padding, and for the buckets of others."""
    rows = {value: old.first + row for row, value in enumerate(old.values)}
    known = [(new.first + row, rows[value]) for row, value in enumerate(new.values) if value in rows]
    known += [(row, row) for row in range(new.first)]
    known += zip(
        range(new.first + len(new.values), len(ours)), range(old.first + len(old.values), len(theirs)), strict=False
    )
    targets, sources = zip(*known, strict=True) if known else ((), ())
    result = ours.copy()
    result[list(targets)] = theirs[list(sources)]
    return result


def _change(what: str) -> MillraceError:
    return MillraceError(
        f"training.warm_start: the version in service has another architecture: {what}.",
        "Trainer",
        "Set training.warm_start to false for the first run with a new architecture.",
    )
