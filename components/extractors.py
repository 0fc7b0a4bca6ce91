"""What TFMA keeps of a row once the model has answered it: every column costs time when batches become rows."""

from collections.abc import Sequence
from typing import Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.extractors.unbatch_extractor import UNBATCH_EXTRACTOR_STAGE_NAME

from trainer.signatures import PREDICTION

COLUMNS = (constants.FEATURES_KEY, constants.TRANSFORMED_FEATURES_KEY, constants.PREDICTIONS_KEY)


def custom_extractors(
    eval_shared_model: Any, eval_config: tfma.EvalConfig, tensor_adapter_config: Any
) -> list[tfma.extractors.Extractor]:
    """Returns TFMA's own extractors, and before batches become rows one that drops what nothing is sliced by,
    and of the answers all but the predictions.
    """
    found = tfma.default_extractors(
        eval_shared_model=eval_shared_model, eval_config=eval_config, tensor_adapter_config=tensor_adapter_config
    )
    sliced = {column for slices in eval_config.slicing_specs for column in slices.feature_keys}
    place = [extractor.stage_name for extractor in found].index(UNBATCH_EXTRACTOR_STAGE_NAME)
    drop = tfma.extractors.Extractor("DropColumns", beam.Map(drop_columns, [PREDICTION, *sorted(sliced)]))
    return [*found[:place], drop, *found[place:]]


def drop_columns(extracts: dict[str, Any], needed: list[str]) -> dict[str, Any]:
    """Returns the extracts of a batch with the columns that are needed."""
    return {key: _pick(value, needed) if key in COLUMNS else value for key, value in extracts.items()}


def _pick(columns: Any, needed: Sequence[str]) -> Any:
    """Keep what is needed of columns by name, or of such columns by model."""
    if not isinstance(columns, dict):
        return columns
    return {name: _pick(value, needed) for name, value in columns.items() if name in needed or isinstance(value, dict)}
