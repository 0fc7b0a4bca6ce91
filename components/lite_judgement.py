"""How well a model's LiteRT file does on the rows that judge, how large it is, and how fast."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from pydantic import TypeAdapter

from components.evaluation.judgement import LITE_FILE, LITE_MODEL, Failure, Measured, write_beside
from components.evaluation.tally import Tally, list_missed
from components.examples.tf_example import encode_examples
from components.explanation.rows import find_labels, find_weights
from components.scoring.saved_model import SavedModel
from configs.schema.config import Config
from configs.schema.evaluation import Budgets, Metric, Threshold
from configs.schema.label import Label
from trainer.export.lite import LITE, Lite
from trainer.export.signatures import TRANSFORM

TIMES = 101  # that one row is asked, of which the median counts
BYTES, LATENCY = "bytes", "latency_ms"


@dataclass(frozen=True)
class LiteBar:
    """What a LiteRT file must reach on the rows that judge."""

    label: Label
    thresholds: Mapping[Metric, Threshold]
    budgets: Budgets = Budgets()
    weight: str | None = None

    @classmethod
    def of(cls, config: Config) -> "LiteBar | None":
        """Returns that of a config; None where it makes no such file."""
        if config.compress is None or config.compress.lite is None:
            return None
        judged = config.evaluation
        return cls(config.label, judged.thresholds, judged.budgets or Budgets(), config.data.weight)

    def dump(self) -> str:
        """Returns it as JSON."""
        return TypeAdapter(LiteBar).dump_json(self).decode()

    @classmethod
    def load(cls, text: str) -> "LiteBar":
        """Returns what was dumped."""
        return TypeAdapter(cls).validate_json(text)

    def judge(self, model: str, batches: Iterable[pa.RecordBatch], folder: str) -> bool:
        """Asks the file of a SavedModel, by its folder, with examples; writes what it says into an evaluation.

        Returns whether it reaches each min and max, within the budgets.
        """
        lite, tally, one = Lite(Path(model, LITE)), Tally(self.label, [()]), dict[str, np.ndarray]()
        for batch, columns in _transform(model, batches):
            answers = lite.ask(columns).astype(float) + self.label.offset
            tally.add(batch, find_labels(batch, self.label), answers, find_weights(batch, self.weight))
            one = one or {name: cells[:1] for name, cells in columns.items()}
        told = tally.estimate()
        spent = {BYTES: float(lite.bytes), LATENCY: _measure(lite, one)}
        limits = {BYTES: self.budgets.bytes, LATENCY: self.budgets.latency_ms}
        missed = [replace(each, slice=LITE_MODEL) for each in list_missed(self.thresholds, told)]
        missed += [
            Failure(LITE_MODEL, name, spent[name], limit, "max")
            for name, limit in limits.items()
            if limit is not None and spent[name] > limit
        ]
        values = {each.metric: each.value for each in told} | spent
        measured = [Measured(LITE_MODEL, metric, value, None) for metric, value in values.items()]
        write_beside(folder, LITE_FILE, measured, missed)
        return not missed


def _transform(model: str, batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[pa.RecordBatch, dict[str, np.ndarray]]]:
    """Yields examples, and their columns as the model's own preprocessing makes them."""
    loaded = SavedModel(model)
    signature = loaded.signatures[TRANSFORM]
    [asked], wanted = signature.inputs, list(signature.outputs)
    for batch in batches:
        texts = np.array(encode_examples(batch), object)
        yield batch, dict(loaded.answer(TRANSFORM, {asked: texts}, wanted))


def _measure(lite: Lite, row: Mapping[str, np.ndarray]) -> float:
    """Return the milliseconds that one row takes in one thread, the median of many times."""
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        lite.ask(row)
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.median(taken))
