"""What TFMA keeps of a row."""

import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.extractors.unbatch_extractor import UNBATCH_EXTRACTOR_STAGE_NAME

from components.extractors import custom_extractors, drop_columns

CONFIG = tfma.EvalConfig(
    model_specs=[tfma.ModelSpec(label_key="label")],
    slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["hour", "company"])],
)


def test_columns_are_dropped_before_batches_become_rows():
    stages = [extractor.stage_name for extractor in custom_extractors(None, CONFIG, None)]
    assert stages.index("DropColumns") == stages.index(UNBATCH_EXTRACTOR_STAGE_NAME) - 1
    stock = [extractor.stage_name for extractor in tfma.default_extractors(eval_config=CONFIG)]
    assert [stage for stage in stages if stage != "DropColumns"] == stock


def test_columns_that_are_sliced_by_stay_and_so_does_all_that_is_no_column():
    extracts = {
        "features": {"hour": np.array([1]), "fare": np.array([2.0])},
        "transformed_features": {"candidate": {"fare": np.array([0.1]), "hour": np.array([3])}, "baseline": {}},
        "predictions": {"prediction": np.array([[0.5]]), "classes": np.array([["0", "1"]])},
        "labels": np.array([1]),
    }
    kept = drop_columns(extracts, ["prediction", "hour"])
    assert kept["features"] == {"hour": extracts["features"]["hour"]}
    assert kept["transformed_features"]["candidate"] == {"hour": np.array([3])}
    assert kept["predictions"] == {"prediction": extracts["predictions"]["prediction"]}
    assert kept["labels"] is extracts["labels"]
