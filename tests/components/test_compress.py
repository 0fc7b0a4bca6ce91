"""The model of a published pipeline made small, then asked and judged as what came of it."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from components.compress import BYTES, PLAIN, ZEROS, Executor, summarise
from components.evaluation.judgement import read_beside
from components.examples.batches import list_shards, read_batches
from components.lite_judgement import LiteBar
from components.load_check import answer_as_trained, compare_lite, first_rows
from configs.errors import NotBlessed
from configs.loading.loader import load
from configs.schema.evaluation import Budgets
from trainer.export.lite import LITE, Lite
from trainer.export.saved_model import KERAS_MODEL
from trainer.features.graph import read_spec
from trainer.models.custom import load as load_model
from trainer.settings import Columns

OVERRIDES = ["compress={lite: dynamic, prune: 0.5}", "evaluation.budgets={bytes: 100000}"]


def artifact(kind, uri):
    made = kind()
    made.uri = uri
    if kind is standard_artifacts.Examples:
        made.split_names = json.dumps(["train", "eval", "test"])
    return made


@pytest.fixture(scope="module")
def outputs(first_run):
    _, answer = first_run
    return {node["node"]: {key: uris[0] for key, uris in node["outputs"].items()} for node in answer.record["nodes"]}


@pytest.fixture(scope="module")
def config(first_run):
    return load(first_run[0].config, OVERRIDES)


@pytest.fixture(scope="module")
def small(outputs, config, tmp_path_factory):
    """The output of the node."""
    given = {
        "trained_model": [artifact(standard_artifacts.Model, outputs["Trainer"]["model"])],
        "transform_graph": [artifact(standard_artifacts.TransformGraph, outputs["Transform"]["transform_graph"])],
        "transformed_examples": [artifact(standard_artifacts.Examples, outputs["Transform"]["transformed_examples"])],
    }
    made = artifact(standard_artifacts.Model, str(tmp_path_factory.mktemp("small")))
    properties = {
        "columns": Columns(features=config.features, label=config.label).model_dump_json(),
        "compress": config.compress.model_dump_json(),
    }
    Executor().Do(given, {"model": [made]}, properties)
    return made


@pytest.mark.slow
def test_what_is_published_and_judged_is_what_came_of_it(small, outputs, config, tmp_path):
    folder = Path(small.uri, "Format-Serving")
    kernels = [np.array(each) for each in load_model(folder, KERAS_MODEL).weights if len(each.shape) > 1]
    assert sum((kernel == 0).sum() for kernel in kernels) == small.get_int_custom_property(ZEROS)
    told = summarise({"model": [small]})
    assert told.details[ZEROS] == pytest.approx(sum(kernel.size for kernel in kernels) / 2, abs=1)
    assert told.details[BYTES] == (folder / LITE / "model.tflite").stat().st_size
    assert told.details[PLAIN] > 0  # of a model this small it is no larger
    made = tf.io.parse_example(
        first_rows(f"{outputs['Transform']['transformed_examples']}/Split-eval", 20),
        read_spec(outputs["Transform"]["transform_graph"]),
    )
    trained = answer_as_trained(str(folder), made, config.label)["serving_default"]["prediction"]
    compare_lite(Lite(folder / LITE), made, trained, config.label)
    with pytest.raises(NotBlessed, match=r"The LiteRT file answers 0\.\d+ otherwise than training did"):
        compare_lite(Lite(folder / LITE), made, 1 - trained.round(), config.label)
    examples = artifact(standard_artifacts.Examples, outputs["ExampleGen"]["examples"])
    batches = [batch for shard in list_shards(examples, "test") for batch in read_batches(shard, 1000)]
    bar = LiteBar.load(LiteBar.of(config).dump())
    assert bar.judge(str(folder), batches, str(tmp_path))
    measured, missed = read_beside(str(tmp_path))
    found = {each.metric: each.candidate for each in measured}
    assert {each.slice for each in measured} == {"LiteRT"}
    assert found["example_count"] == sum(map(len, batches))
    assert (found["auc"] > 0.5, found["bytes"], missed) == (True, told.details[BYTES], [])
    assert found["latency_ms"] > 0
    strict = LiteBar(bar.label, bar.thresholds, Budgets(bytes=100))
    assert not strict.judge(str(folder), batches, str(tmp_path))
    assert [str(each) for each in read_beside(str(tmp_path))[1]] == [
        f"bytes (LiteRT) is {told.details[BYTES]:,}, above 100"
    ]
