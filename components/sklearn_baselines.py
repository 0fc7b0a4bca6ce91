"""SklearnBaselines: models that are no networks, trained on the same examples, by the same metrics on the same rows."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import json_format
from tensorflow_model_analysis.proto.config_pb2 import EvalConfig
from tfx import types
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.types import artifact_utils, standard_artifacts

from components.base import Made, node
from components.evaluation.eval_config import eval_config
from components.evaluation.slice_extractor import custom_extractors
from components.examples.tensors import from_dense
from components.summaries import Outputs, Summary
from configs.schema.config import Config
from configs.schema.evaluation import MAIN, ORIGIN
from configs.schema.training import Training
from trainer.features.graph import read_kinds, read_spec, trace
from trainer.features.identity import ROW
from trainer.features.learnt import Learnt
from trainer.features.preprocessing import Preprocessing
from trainer.features.transforms import columns
from trainer.settings import Columns
from trainer.training.dataset import CHUNK, Examples, Rows, read
from trainer.training.folds import Part, divide, list_folds, list_origins

LABEL, WEIGHT = "label", "weight"  # no model is called that
MODELS, SECONDS = "models", "seconds"  # the properties that name them, and tell what each took
SPLITS = ("train", "eval", "test")


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that says what scikit-learn's models reach; the network itself is none of its business."""
    folds = config.evaluation.folds
    seen = Columns(
        features=config.features,
        label=config.label,
        weight=config.data.weight,
        folds=folds,
        origins=config.evaluation.backtest,
    )
    return node(
        "SklearnBaselines",
        Executor,
        inputs={
            "transformed_examples": made["Transform"].outputs["transformed_examples"],
            "transform_graph": made["Transform"].outputs["transform_graph"],
            "examples": made["ExampleGen"].outputs["examples"],
        },
        outputs={"evaluation": standard_artifacts.ModelEvaluation},
        parameters={
            "columns": seen.model_dump_json(),
            "eval_config": json_format.MessageToJson(compare_config(config), indent=None),
        },
    )


def summarise(outputs: Outputs) -> Summary:
    """Returns what each model reaches in the metric that matters, and in all."""
    models = compare(outputs["evaluation"][0])
    metric = next(name for name in MAIN if name in next(iter(models.values())))
    reached = ", ".join(f"{name} {found[metric]:.4f}" for name, found in models.items() if metric in found)
    return Summary(
        f"{metric}: {reached}", {"metric": metric, "models": models, "seconds": read_seconds(outputs["evaluation"][0])}
    )


def compare_config(config: Config) -> EvalConfig:
    """Returns the Evaluator's configuration, for the models named: all rows, no thresholds."""
    found = eval_config(config)
    del found.model_specs[:], found.slicing_specs[:]
    found.slicing_specs.add()
    for name in config.baselines:
        found.model_specs.add(
            name=name, prediction_key=name, label_key=LABEL, example_weight_key=WEIGHT if config.data.weight else ""
        )
    for specs in found.metrics_specs:
        for metric in specs.metrics:
            del metric.per_slice_thresholds[:]
    return found


class Executor(BaseBeamExecutor):
    """Trains the models on the train split, and has TFMA measure them on the test split; or in folds, on all rows."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        seen = Columns.model_validate_json(exec_properties["columns"])
        config = json_format.Parse(exec_properties["eval_config"], EvalConfig())
        graph = artifact_utils.get_single_uri(input_dict["transform_graph"])
        made, names = input_dict["transformed_examples"], [spec.name for spec in config.model_specs]
        known = columns(seen.features, Learnt.read(graph).sizes)
        from trainer.sklearn_baselines import (
            answer,  # only here: it loads scikit-learn, a second that no other node needs
            answer_folds,
        )

        if seen.folds or seen.origins:
            rows = read_transformed([artifact_utils.get_split_uri(made, split) for split in SPLITS], graph, seen)
            parts = list_parts(rows, seen)
            judged = np.logical_or.reduce([part.judged for part in parts])
            told = answer_folds(names, seen.label, known, rows, parts)
            rows, answers = rows.take(judged), {name: each.take(judged) for name, each in told.items()}
        else:
            train = read_transformed([artifact_utils.get_split_uri(made, "train")], graph, seen)
            rows = read_raw(artifact_utils.get_split_uri(input_dict["examples"], "test"), graph, seen)
            answers = answer(names, seen.label, known, train, rows)
        table = tabulate(rows, {name: told.scores for name, told in answers.items()}, seen.label.offset)
        artifact = artifact_utils.get_single_instance(output_dict["evaluation"])
        artifact.set_string_custom_property(MODELS, ",".join(names))
        artifact.set_string_custom_property(SECONDS, json.dumps({name: told.seconds for name, told in answers.items()}))
        with self._make_beam_pipeline() as pipeline:
            (
                pipeline
                | beam.Create([table])
                | tfma.ExtractEvaluateAndWriteResults(
                    eval_config=config, output_path=artifact.uri, extractors=custom_extractors(None, config, None)
                )
            )


def list_parts(rows: Examples, seen: Columns) -> Sequence[Part]:
    """Returns which rows train and which judge, in folds or from each origin, as they are for the network."""
    if seen.origins:
        return list_origins(rows.columns[ORIGIN].ravel())
    return list_folds(divide(rows.columns[ROW].ravel(), rows.label, seen.label.kind, seen.folds or 0))


def read_transformed(folders: Sequence[str], graph: str, seen: Columns) -> Examples:
    """Returns the rows of splits as Transform left them."""
    files = [f"{folder}/*" for folder in folders]
    return read(Rows(files, read_spec(graph), seen.label.name, seen.weight, Training(cache="memory")))


def read_raw(folder: str, graph: str, seen: Columns) -> Examples:
    """Returns the rows of a split that Transform's graph has yet to prepare."""
    kinds = read_kinds(graph)
    spec = {name: tf.io.VarLenFeature(dtype) for name, dtype in kinds.items()}
    prepare = trace(Preprocessing(seen, Learnt.read(graph)), kinds)
    files = sorted(tf.io.gfile.glob(f"{folder}/*"))
    chunks = [
        {name: part.numpy() for name, part in prepare(tf.io.parse_example(rows, spec)).items()}
        for rows in tf.data.TFRecordDataset(files, compression_type="GZIP").batch(CHUNK)
    ]
    found = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
    return Examples(found, found.pop(seen.label.name), *([found.pop(seen.weight)] if seen.weight else []))


def tabulate(rows: Examples, answers: Mapping[str, np.ndarray], offset: float = 0.0) -> pa.RecordBatch:
    """Returns the labels, the weights, and what each model answered, as TFMA reads them: each cell a list.

    The label's `offset` is put back into the answers, as an export puts it back into a network's.
    """
    if offset:
        answers = {name: numbers.astype("float64") + offset for name, numbers in answers.items()}
    parts = {LABEL: rows.label, **answers}
    if rows.weight is not None:
        parts[WEIGHT] = rows.weight
    return from_dense(parts)


def compare(evaluation: types.Artifact) -> dict[str, dict[str, float]]:
    """Returns the metrics of each model, by its name, in the order of the config."""
    names = evaluation.get_string_custom_property(MODELS).split(",")
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    for record in tfma.load_metrics(evaluation.uri):
        for item in record.metric_keys_and_values:
            value = item.value.double_value.value
            if item.value.WhichOneof("type") == "double_value" and math.isfinite(value):
                found[item.key.model_name or names[0]][item.key.name] = value  # TFMA names no model that is alone
    return found


def read_seconds(evaluation: types.Artifact) -> dict[str, float]:
    """Returns what each model took, by its name; nothing of what an older release made."""
    return dict(json.loads(evaluation.get_string_custom_property(SECONDS) or "{}"))
