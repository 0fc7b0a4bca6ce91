"""Models that are no networks, measured on the rows that the Evaluator of a published pipeline judged."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tfx.types import Channel, artifact_utils, standard_artifacts

from components.evaluation.eval_config import eval_config
from components.evaluation.results import overall, read_measured
from components.sklearn_baselines import Executor, build, compare, compare_config, read_seconds, summarise
from components.summaries import Summary
from configs.loading.loader import load
from configs.schema.baselines import FITTING
from tests.components.evaluation.test_eval_config import LABELS, config_of


def artifact(kind, uri, *splits):
    made = kind()
    made.uri = str(uri)
    if splits:
        made.split_names = artifact_utils.encode_split_names(list(splits))
    return [made]


@pytest.mark.parametrize("kind", LABELS)
def test_the_metrics_are_the_evaluators_without_thresholds(kind):
    names = FITTING[LABELS[kind]["kind"]]
    config = config_of(kind, weight="fare").model_copy(update={"baselines": names})
    ours, theirs = compare_config(config), eval_config(config)
    assert [spec.name for spec in ours.model_specs] == list(names)
    for here, there in zip(ours.metrics_specs, theirs.metrics_specs, strict=True):
        told = [(metric.class_name, metric.config) for metric in there.metrics]
        assert [(metric.class_name, metric.config) for metric in here.metrics] == told
        assert not any(metric.per_slice_thresholds for metric in here.metrics)


@pytest.mark.slow
@pytest.mark.parametrize("names", [("majority", "tree"), ("logistic",)])
def test_the_same_rows_are_measured(first_run, tmp_path, names):
    place, answer = first_run
    nodes = {node["node"]: node for node in answer.record["nodes"]}
    config = load(place.config).model_copy(update={"baselines": names})
    kinds = {"transformed_examples": standard_artifacts.Examples, "transform_graph": standard_artifacts.TransformGraph}
    made = {
        "ExampleGen": SimpleNamespace(outputs={"examples": Channel(type=standard_artifacts.Examples)}),
        "Transform": SimpleNamespace(outputs={key: Channel(type=kind) for key, kind in kinds.items()}),
    }
    outputs = {"evaluation": artifact(standard_artifacts.ModelEvaluation, tmp_path)}
    transform = nodes["Transform"]["outputs"]
    Executor().Do(
        {
            "transformed_examples": artifact(
                standard_artifacts.Examples, transform["transformed_examples"][0], "train", "eval"
            ),
            "transform_graph": artifact(standard_artifacts.TransformGraph, transform["transform_graph"][0]),
            "examples": artifact(
                standard_artifacts.Examples, nodes["ExampleGen"]["outputs"]["examples"][0], "train", "eval", "test"
            ),
        },
        outputs,
        build(config, made).exec_properties,
    )
    found = compare(outputs["evaluation"][0])
    network = overall(read_measured(str(Path(nodes["Evaluator"]["outputs"]["evaluation"][0]))))
    assert list(found) == list(names)
    shown = ", ".join(f"{name} {found[name]['auc']:.4f}" for name in names)
    seconds = read_seconds(outputs["evaluation"][0])
    assert summarise(outputs) == Summary(f"auc: {shown}", {"metric": "auc", "models": found, "seconds": seconds})
    assert list(seconds) == list(names)
    assert min(seconds.values()) > 0
    for metrics in found.values():
        assert metrics["example_count"] == network["example_count"]
    if "majority" in found:
        assert found["majority"]["auc"] == pytest.approx(0.5)
        assert found["majority"]["recall"] == 0
        assert found["tree"].keys() >= network.keys() - {"precision"}
        assert found["tree"]["auc"] > 0.8
    else:
        assert found["logistic"]["auc"] > 0.8
        assert np.isclose(found["logistic"]["auc"], network["auc"], atol=0.1)
