"""Evaluator: TFX's own, on the test split or out of fold on all, with the thresholds and slices of the config."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from google.protobuf import json_format
from tfx import types
from tfx.components.evaluator import constants, executor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration.driver_output_pb2 import DriverOutput
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from components import in_service_driver
from components.base import Made, find_trained, node
from components.evaluation.eval_config import eval_config
from components.evaluation.intervals import attach, keep_intervals
from components.evaluation.judgement import KEPT, OVERALL, Measured, tell_figure
from components.evaluation.predictions import kept, read_predictions
from components.evaluation.quality import keep_quality, read_quality
from components.evaluation.results import confuse, failures, is_unjudged, read_measured, spread, trace
from components.examples.batches import count_rows, list_shards, read_batches
from components.explanation.account import ROWS, Plan, keep_explanation, make_plan, read_explanation
from components.explanation.rows import read_rows
from components.golden_set import GoldenSet
from components.lite_judgement import LiteBar
from components.patches.tfx_io import large_batches
from components.summaries import Outputs, Summary
from configs.schema.config import Config
from configs.schema.evaluation import MAIN
from configs.schema.label import Label
from trainer.export.signatures import FOLDS, JUDGED

MODELS = ("model", "baseline_model")
SPLITS = ("train", "eval", "test")  # that judge what has not seen a row that it is asked, whichever
TEST = SPLITS[-1:]  # that judges all others, which are trained on the rest
UNJUDGED = ": nothing is in service to compare with, and no threshold has a min or max"
LITE = "lite"  # a property: how a LiteRT file is judged
GOLDEN, GOLDEN_DIGEST = "golden", "golden_digest"  # properties: how the golden set is read, and what is in it
Models: TypeAlias = Mapping[str, Sequence[types.Artifact]]  # by input: the candidate's, and that of what is in service
JUDGED_IN = "folds.json"  # in the evaluation, where several models judge: in how many folds, or from how many origins


class Executor(executor.Executor):
    """TFX's, but that it reads its examples in large batches, and judges no model that was trained on them."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        models = {name: list(map(find_judged, input_dict[name])) for name in MODELS if name in input_dict}
        several = [read_parts(Path(path_utils.serving_model_path(each.uri), FOLDS)) for each in models["model"]]
        folds = [count_folds(model) for found in models.values() for model in found]
        splits, folder = json.dumps(SPLITS if all(folds) else TEST), output_dict["evaluation"][0].uri
        with large_batches(count_rows(input_dict["examples"])), kept(folder):
            super().Do(input_dict | models, output_dict, exec_properties | {"example_splits": splits})
        passed = [
            judge_golden(models, exec_properties[GOLDEN], folder),
            judge_lite(models, exec_properties[LITE], input_dict["examples"], folder),
        ]
        if not all(passed):
            refuse(artifact_utils.get_single_instance(output_dict["blessing"]))
        keep_measures(folder)
        if judging := read_predictions(folder):
            label, plan = Label.model_validate_json(exec_properties["label"]), json.loads(exec_properties["explain"])
            keep_intervals(judging, label, folder)
            keep_quality(judging, label, folder)
            rows = read_rows(input_dict["examples"][0], json.loads(splits), ROWS) if plan else None
            if rows:
                keep_explanation(find_serving(models["model"]), rows, label, Plan(**plan), folder)
        if all(folds) or "origins" in several[0]:
            Path(folder, JUDGED_IN).write_text(json.dumps(several[0]))


def judge_golden(models: Models, golden: str, folder: str) -> bool:
    """Whether the candidate passes the golden set, where there is one; the evaluation tells what came of it."""
    if not golden:
        return True
    named = {"model": "candidate", "baseline_model": "baseline"}
    asked = {named[name]: find_serving(found) for name, found in models.items() if found}
    return GoldenSet.load(golden).judge(asked, folder)


def judge_lite(models: Models, lite: str, examples: Sequence[types.Artifact], folder: str) -> bool:
    """Whether the LiteRT file, where there is one, keeps to its bar; the evaluation tells what came of it."""
    if not lite:
        return True
    batches = (batch for shard in list_shards(examples[0], "test") for batch in read_batches(shard, ROWS))
    return LiteBar.load(lite).judge(find_serving(models["model"]), batches, folder)


def find_serving(models: Sequence[types.Artifact]) -> str:
    """Returns where the model lies that is asked as it is served."""
    return str(path_utils.serving_model_path(models[0].uri))


def refuse(blessing: types.Artifact) -> None:
    """Takes a blessing back, as TFX's Evaluator would not have given it."""
    for file in Path(blessing.uri).iterdir():
        file.unlink()
    Path(blessing.uri, constants.NOT_BLESSED_FILE_NAME).touch()
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, constants.NOT_BLESSED_VALUE)


class Driver(in_service_driver.Driver):
    """Adds the digest of the golden set's rows to the properties, so that the cache knows others."""

    def run(self, execution_info: ExecutionInfo) -> DriverOutput:
        output = DriverOutput()
        for key, value in execution_info.exec_properties.items():
            output.exec_properties[key].string_value = str(value)
        if golden := execution_info.exec_properties[GOLDEN]:
            output.exec_properties[GOLDEN_DIGEST].string_value = GoldenSet.load(golden).digest()
        return output


def keep_measures(folder: str) -> None:
    """Writes what was measured of the candidate into the evaluation, as a version carries it."""
    kept = {"metrics": [asdict(item) for item in read_measured(folder)], "answers": spread(folder)}
    Path(folder, KEPT).write_text(json.dumps(kept))


def find_judged(model: types.Artifact) -> types.Artifact:
    """Returns the model that lies within one that was trained anew on all rows, and has not seen those that judge."""
    inside = Path(path_utils.serving_model_path(model.uri), JUDGED)
    if not inside.exists():
        return model
    judged = copy.deepcopy(model)
    judged.uri = str(inside.parent)
    return judged


def count_folds(model: types.Artifact) -> int:
    """Returns in how many folds a model answers each row by what has not seen it; 0 for a model of some of them."""
    return read_parts(Path(path_utils.serving_model_path(model.uri), FOLDS)).get("folds", 0)


def read_parts(file: Path) -> dict[str, int]:
    """Returns how many folds, or origins, a file tells; nothing where there is none."""
    return dict(json.loads(file.read_text())) if file.exists() else {}


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that judges the candidate on the test split, which nothing else has looked at; or in folds."""
    plan, golden, lite = make_plan(config), GoldenSet.of(config), LiteBar.of(config)
    return node(
        "Evaluator",
        Executor,
        inputs={
            "examples": made["ExampleGen"].outputs["examples"],
            "model": find_trained(made),
            "baseline_model": made["Resolver"].outputs["model"],
        },
        outputs={"evaluation": standard_artifacts.ModelEvaluation, "blessing": standard_artifacts.ModelBlessing},
        parameters={
            "example_splits": json.dumps(SPLITS if config.evaluation.folds else TEST),
            "eval_config": json_format.MessageToJson(eval_config(config), indent=None),
            "module_path": "components.evaluation.slice_extractor",
            "label": config.label.model_dump_json(),
            "explain": json.dumps(asdict(plan) if plan else None),
            GOLDEN: golden.dump() if golden else "",
            LITE: lite.dump() if lite else "",
            GOLDEN_DIGEST: "",
        },
        driver=Driver,
        optional=["baseline_model"],
    )


def summarise(outputs: Outputs) -> Summary:
    """Returns the metric that matters, or the thresholds that were missed; and all metrics, by slice."""
    folder = outputs["evaluation"][0].uri
    measured, missed = attach(read_measured(folder), folder), failures(folder)
    parts = read_parts(Path(folder, JUDGED_IN))
    overall = {item.metric: item for item in measured if item.slice == OVERALL}
    main = next(overall[name] for name in MAIN if name in overall)
    told = f" {tell_parts(parts)}" if parts else ""
    doubt = UNJUDGED if is_unjudged(folder) else ""
    text = "; ".join(map(str, missed)) or f"{_compare(main)}{told}, blessed{doubt}"
    details = {
        "overall": {name: item.candidate for name, item in overall.items()},
        "metrics": [asdict(item) for item in measured],
        "confusion": confuse(folder),
        "roc": trace(folder),
        "missed": [asdict(failure) for failure in missed],
        **parts,
        **({"quality": quality} if (quality := read_quality(folder)) else {}),
        **({"explanation": explanation} if (explanation := read_explanation(folder)) else {}),
    }
    return Summary(text, details)


def tell_parts(parts: Mapping[str, int]) -> str:
    """Returns on which rows several models judge: in folds, or from origins."""
    return f"on all rows, in {parts['folds']} folds" if "folds" in parts else f"from {parts['origins']} origins"


def _compare(item: Measured) -> str:
    against = f" against {tell_figure(item.baseline)} in service" if item.baseline is not None else ""
    return f"{item.metric} {tell_figure(item.candidate)}{against}"
