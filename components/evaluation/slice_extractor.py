"""How TFMA slices the rows that the model has answered: a batch at a time, where its own extractors take it apart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow_model_analysis as tfma
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from pyarrow import parquet
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.extractors.slice_key_extractor import SLICE_KEY_EXTRACTOR_STAGE_NAME
from tensorflow_model_analysis.extractors.unbatch_extractor import UNBATCH_EXTRACTOR_STAGE_NAME
from tensorflow_model_analysis.proto.config_pb2 import EvalConfig, SlicingSpec
from tensorflow_model_analysis.slicer import slicer_lib as slicer
from tensorflow_model_analysis.utils import util

from components.evaluation import predictions
from components.evaluation.results import slice_name
from trainer.export.signatures import PREDICTION

FEATURES = (constants.TRANSFORMED_FEATURES_KEY, constants.FEATURES_KEY)
MEASURED = (constants.LABELS_KEY, constants.PREDICTIONS_KEY, constants.EXAMPLE_WEIGHTS_KEY)
Extracts: TypeAlias = dict[str, Any]  # a batch, as TFMA has it
Slices: TypeAlias = dict[slicer.SliceKeyType, list[int]]  # the rows of each


def custom_extractors(
    eval_shared_model: Any, eval_config: EvalConfig, tensor_adapter_config: Any
) -> list[tfma.extractors.Extractor]:
    """Returns TFMA's own extractors, and in place of those that make rows of batches, and find each row's slices,
    one that makes of a batch an element for each slice: what `components.evaluation.tfma_metrics` measures.
    """
    found = tfma.default_extractors(
        eval_shared_model=eval_shared_model, eval_config=eval_config, tensor_adapter_config=tensor_adapter_config
    )
    place = [extractor.stage_name for extractor in found].index(UNBATCH_EXTRACTOR_STAGE_NAME)
    several = len(eval_config.model_specs) > 1
    by_slice = Slice(list(eval_config.slicing_specs), several, predictions.WANTED.get())
    return [*found[:place], tfma.extractors.Extractor(SLICE_KEY_EXTRACTOR_STAGE_NAME, by_slice)]


class Slice(beam.PTransform):
    """Makes of each batch an element for each slice, and writes its rows into the folder of the evaluation, if any."""

    def __init__(self, slices: list[SlicingSpec], several: bool, folder: str | None) -> None:
        super().__init__()
        self.slices, self.several, self.folder = slices, several, folder

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        sliced = batches | "Find" >> beam.Map(add_slices, self.slices, self.several)
        if self.folder is not None:
            (
                sliced
                | "Tabulate" >> beam.MapTuple(tabulate, several=self.several)
                | "Draw" >> beam.CombineGlobally(Draw())
                | "Keep" >> beam.Map(write, self.folder)
            )
        return sliced | "Take" >> beam.FlatMapTuple(take_slices)


class Draw(beam.CombineFn):
    """Of the rows of all batches, those that are kept."""

    def create_accumulator(self) -> list[pa.RecordBatch]:
        return []

    def add_input(self, found: list[pa.RecordBatch], batch: pa.RecordBatch) -> list[pa.RecordBatch]:
        return predictions.draw([*found, batch])

    def merge_accumulators(self, accumulators: Iterable[list[pa.RecordBatch]]) -> list[pa.RecordBatch]:
        return predictions.draw([batch for found in accumulators for batch in found])

    def extract_output(self, found: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
        return found


def tabulate(extracts: Extracts, slices: Slices, several: bool = False) -> pa.RecordBatch:
    """Returns the rows of a batch as an evaluation keeps them."""
    labels, answered = _first(extracts[constants.LABELS_KEY]), extracts[constants.PREDICTIONS_KEY]
    answers = {
        "baseline" if model == tfma.BASELINE_KEY else "candidate": np.asarray(_choose_prediction(outputs))
        for model, outputs in (answered if several else {"": answered}).items()
    }
    weights = extracts.get(constants.EXAMPLE_WEIGHTS_KEY)
    weighed = np.ones(len(labels)) if weights is None else np.asarray(_first(weights)).reshape(len(labels), -1)[:, 0]
    names: list[list[str]] = [[] for _ in range(len(labels))]
    for key, rows in slices.items():
        if key:
            name = slice_name(slicer.serialize_slice_key(key))
            for row in rows:
                names[row].append(name)
    return predictions.tabulate(np.asarray(labels), weighed, answers, names)


def _choose_prediction(outputs: Any) -> Any:
    """Return what judges of a model's outputs, which TFMA leaves alone where there is but one."""
    return outputs[PREDICTION] if isinstance(outputs, Mapping) else outputs


def write(batches: list[pa.RecordBatch], folder: str) -> None:
    """Writes the rows that are kept, of which there may be none."""
    for batch in batches:
        path = FileSystems.join(folder, predictions.KEPT_IN)
        with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as stream:
            parquet.write_table(pa.Table.from_batches([batch]).drop([predictions.PRIORITY]), stream)


def take_slices(extracts: Extracts, slices: Slices) -> Iterator[Extracts]:
    """Yields for each slice of a batch the labels, predictions and weights of its rows."""
    for key, rows in slices.items():
        measured = {part: _take(extracts[part], rows) for part in MEASURED if extracts.get(part) is not None}
        yield measured | {constants.SLICE_KEY_TYPES_KEY: slicer.slice_keys_to_numpy_array([key])}


def add_slices(extracts: Extracts, slices: list[SlicingSpec], several: bool) -> tuple[Extracts, Slices]:
    """Returns a batch, and with it what `find_slices` does: once for all that is made of them."""
    return extracts, find_slices(extracts, slices, several)


def find_slices(extracts: Extracts, slices: list[SlicingSpec], several: bool) -> Slices:
    """Returns the rows of a batch by the key of the slice that they are of, by TFMA's own rules.

    `several` says that what Transform made of the columns is held by model.
    """
    rules = [slicer.SingleSliceSpec(spec=each) for each in slices] or [slicer.SingleSliceSpec()]
    wanted = {column for each in slices for column in each.feature_keys}
    columns = {part: _pick(extracts.get(part) or {}, wanted) for part in FEATURES}
    rows = util.split_extracts(columns) if wanted else [{}] * len(_first(extracts[constants.LABELS_KEY]))
    found: Slices = defaultdict(list)
    for number, row in enumerate(rows):
        transformed = row.get(constants.TRANSFORMED_FEATURES_KEY, {})
        held = list(transformed.values()) if several else [transformed]
        for key in set(slicer.get_slices_for_features_dicts(held, row.get(constants.FEATURES_KEY, {}), rules)):
            found[key].append(number)
    return found


def _pick(columns: Mapping[str, Any], wanted: set[str]) -> dict[str, Any]:
    """Return what is wanted of columns by name, or of such columns by model."""
    return {
        name: _pick(value, wanted) if isinstance(value, Mapping) else value
        for name, value in columns.items()
        if name in wanted or isinstance(value, Mapping)
    }


def _take(values: Any, rows: list[int]) -> Any:
    if isinstance(values, Mapping):
        return {name: _take(value, rows) for name, value in values.items()}
    return np.asarray(values)[rows]


def _first(values: Any) -> Any:
    return _first(next(iter(values.values()))) if isinstance(values, Mapping) else values
