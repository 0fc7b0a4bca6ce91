"""A version of the model, asked for its predictions as its own config describes them."""

from collections.abc import Collection, Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
import pyarrow as pa

from components.examples.tf_example import encode_examples
from components.readers.row_batch import Batch, Fault
from components.registry.versions import Version
from components.scoring.saved_model import SavedModel
from components.validation.column_types import Role
from components.validation.typed_batch import convert, find_faults, list_sources
from configs.schema.config import Label
from trainer.export.signatures import PREDICTION, SERVING, find_free

Answers = Mapping[str, Sequence[Any]]
SCORE = "score_"  # how the columns of the classes' scores begin


class Asked:
    """Loads the model of a folder, and answers rows as it says it."""

    def __init__(self, folder: str) -> None:
        self.model = SavedModel(folder)
        [self.input] = self.model.signatures[SERVING].inputs

    def ask(self, batch: pa.RecordBatch) -> np.ndarray:
        """Return what the model says of a batch of features [rows, units]."""
        requests = {self.input: np.array(encode_examples(batch), object)}
        return self.model.answer(SERVING, requests, [PREDICTION])[PREDICTION]


class Scorer:
    """Loads a version's model, and answers typed rows."""

    def __init__(self, version: Version, label: Label, needed: Collection[str] = ()) -> None:
        self.model, self.label = Asked(str(version.path)), label
        self.names = columns(label, needed)

    def score(self, batch: pa.RecordBatch) -> Answers:
        """Return the columns of the answers to a batch of features, where null is a missing value."""
        answers = name_answers(self.ask(batch), self.label)
        return dict(zip(self.names, answers.values(), strict=True))

    def ask(self, batch: pa.RecordBatch) -> np.ndarray:
        """Return what the model says of a batch of features [rows, units], as it says it."""
        return self.model.ask(batch)


def columns(label: Label, needed: Collection[str] = ()) -> list[str]:
    """Return the names of the columns that the answers have; one that the model needs itself has a _ behind."""
    own = [PREDICTION, *(f"{SCORE}{value}" for value in label.values), *map(name_quantile, label.quantiles or ())]
    names: list[str] = []
    for name in own:
        names.append(find_free(name, {*needed, *names, *(set(own) - {name})}))
    return names


def name_quantile(share: float) -> str:
    """Return the name of a quantile's column: q10, q97.5."""
    return f"q{100 * share:.6g}"


def name_answers(answers: np.ndarray, label: Label) -> Answers:
    """Return what a model's answers [rows, units] say: the class and the score of each, or the number.

    A binary model answers with the score of its second class. Of several classes at once those above one half are
    chosen, as `red|green`. Of quantiles the prediction is the one in the middle.
    """
    if label.quantiles:
        told = zip(map(name_quantile, label.quantiles), map(_round, answers.T), strict=True)
        return {PREDICTION: _round(answers[:, len(label.quantiles) // 2]), **dict(told)}
    if label.kind == "regression":
        return {PREDICTION: _round(answers[:, 0])}
    scores = np.hstack([1 - answers, answers]) if label.kind == "binary" else answers
    if label.kind == "multilabel":
        chosen = ["|".join(compress(label.values, row > 0.5)) for row in scores]
    else:
        chosen = [label.values[index] for index in scores.argmax(axis=1)]
    return dict(zip(columns(label), [chosen, *map(_round, scores.T)], strict=True))


def _round(numbers: np.ndarray) -> list[float]:
    """Return the shortest decimals that stand for 32-bit floats, so that every format of file has the same."""
    return numbers.astype(str).astype(float).tolist()


def sort_out(batch: Batch, roles: Mapping[str, Role]) -> tuple[Batch, pa.RecordBatch, Sequence[Fault]]:
    """Return the rows whose cells all roles take, these cells typed, and the faults of the other rows, in order."""
    cells = batch.choose_columns(list_sources(roles))
    try:
        return batch, convert(cells, roles, batch.folder), batch.faults
    except pa.ArrowInvalid:
        faults: dict[int, Fault] = {}
        for row, column, reason in find_faults(cells, roles, batch.folder):
            values = batch.take([row]).records[0]
            faults.setdefault(row, Fault(batch.path, batch.numbers[row], column, reason, values))
    kept = [row for row in range(len(cells)) if row not in faults]
    ordered = sorted([*batch.faults, *faults.values()], key=lambda fault: fault.number)
    return batch.take(kept), convert(cells.take(pa.array(kept, pa.int64())), roles, batch.folder), ordered
