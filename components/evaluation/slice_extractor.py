"""How TFMA slices the rows that the model has answered: a batch at a time, where its own extractors take it apart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
    slices, folder = list(eval_config.slicing_specs), predictions.WANTED.get()
    by_slice = beam.FlatMap(slice_batch, slices, several) if folder is None else SliceAndKeep(slices, several, folder)
    return [*found[:place], tfma.extractors.Extractor(SLICE_KEY_EXTRACTOR_STAGE_NAME, by_slice)]


class SliceAndKeep(beam.PTransform):
    """Makes of each batch an element for each slice, and writes its rows into the folder of the evaluation."""

    def __init__(self, slices: list[SlicingSpec], several: bool, folder: str) -> None:
        super().__init__()
        self.slices, self.several, self.folder = slices, several, folder

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        (
            batches
            | "Tabulate" >> beam.Map(tabulate, self.slices, self.several)
            | "Draw" >> beam.CombineGlobally(Draw())
            | "Keep" >> beam.Map(write, self.folder)
        )
        return batches | "Slice" >> beam.FlatMap(slice_batch, self.slices, self.several)


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


def tabulate(extracts: dict[str, Any], slices: list[SlicingSpec], several: bool) -> pa.RecordBatch:
    """Returns the rows of a batch as an evaluation keeps them."""
    labels, answered = _first(extracts[constants.LABELS_KEY]), extracts[constants.PREDICTIONS_KEY]
    answers = {
        "baseline" if model == tfma.BASELINE_KEY else "candidate": np.asarray(_choose_prediction(outputs))
        for model, outputs in (answered if several else {"": answered}).items()
    }
    weights = extracts.get(constants.EXAMPLE_WEIGHTS_KEY)
    weighed = np.ones(len(labels)) if weights is None else np.asarray(_first(weights)).reshape(len(labels), -1)[:, 0]
    found: list[list[str]] = [[] for _ in range(len(labels))]
    names: dict[slicer.SliceKeyType, str] = {}
    for row, key in find_slices(extracts, slices, several):
        if key:
            if key not in names:
                names[key] = slice_name(slicer.serialize_slice_key(key))
            found[row].append(names[key])
    return predictions.tabulate(np.asarray(labels), weighed, answers, found)


def _choose_prediction(outputs: Any) -> Any:
    """Return what judges of a model's outputs, which TFMA leaves alone where there is but one."""
    return outputs[PREDICTION] if isinstance(outputs, Mapping) else outputs


def write(batches: list[pa.RecordBatch], folder: str) -> None:
    """Writes the rows that are kept, of which there may be none."""
    for batch in batches:
        path = FileSystems.join(folder, predictions.KEPT_IN)
        with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as stream:
            parquet.write_table(pa.Table.from_batches([batch]).drop([predictions.PRIORITY]), stream)


def slice_batch(extracts: dict[str, Any], slices: list[SlicingSpec], several: bool) -> Iterator[dict[str, Any]]:
    """Yields for each slice that the batch has rows of their labels, predictions and weights.

    `several` says that what Transform made of the columns is held by model.
    """
    rows: dict[slicer.SliceKeyType, list[int]] = defaultdict(list)
    for row, key in find_slices(extracts, slices, several):
        rows[key].append(row)
    for key, members in rows.items():
        measured = {part: _take(extracts[part], members) for part in MEASURED if extracts.get(part) is not None}
        yield measured | {constants.SLICE_KEY_TYPES_KEY: slicer.slice_keys_to_numpy_array([key])}


def find_slices(
    extracts: dict[str, Any], slices: list[SlicingSpec], several: bool
) -> Iterator[tuple[int, slicer.SliceKeyType]]:
    """Yields the number of a row and the key of a slice that it is of, by TFMA's own rules, for each row and slice."""
    rules = [slicer.SingleSliceSpec(spec=each) for each in slices] or [slicer.SingleSliceSpec()]
    wanted = {column for each in slices for column in each.feature_keys}
    columns = {part: _pick(extracts.get(part) or {}, wanted) for part in FEATURES}
    rows = util.split_extracts(columns) if wanted else [{}] * len(_first(extracts[constants.LABELS_KEY]))
    for number, row in enumerate(rows):
        transformed = row.get(constants.TRANSFORMED_FEATURES_KEY, {})
        held = list(transformed.values()) if several else [transformed]
        for key in set(slicer.get_slices_for_features_dicts(held, row.get(constants.FEATURES_KEY, {}), rules)):
            yield number, key


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
