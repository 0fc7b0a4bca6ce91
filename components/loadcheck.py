"""LoadCheck: the exported model, in a fresh process, must answer raw rows as training would."""

import logging
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx import types
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from components.node import node
from configs.errors import NotBlessed
from trainer.export import KERAS_MODEL
from trainer.models.custom import load

ROWS = 100
TOLERANCE = 1e-4


def load_check(
    model: types.BaseChannel, transform_graph: types.BaseChannel, examples: types.BaseChannel
) -> BaseComponent:
    """Returns the node that gives an InfraBlessing to a model that serves what was trained."""
    return node(
        "LoadCheck",
        Executor,
        inputs={"model": model, "transform_graph": transform_graph, "examples": examples},
        outputs={"blessing": standard_artifacts.InfraBlessing},
        parameters={},
    )


class Executor(BaseExecutor):
    """Blesses the model; raises NotBlessed with the row when it cannot be loaded or answers otherwise."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        model = path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["model"]))
        rows = first_rows(artifact_utils.get_split_uri(input_dict["examples"], "test"))
        expected = answer_as_trained(model, artifact_utils.get_single_uri(input_dict["transform_graph"]), rows)
        for loader, answers in answer_as_served(model, rows).items():
            compare(expected, answers, rows, loader)
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        Path(blessing.uri, "INFRA_BLESSED").touch()
        blessing.set_int_custom_property("blessed", 1)
        blessing.set_int_custom_property("rows", len(rows))


def first_rows(folder: str, count: int = ROWS) -> list[bytes]:
    """Returns the first serialized tf.Examples of a split."""
    files = sorted(tf.io.gfile.glob(f"{folder}/*"))
    return list(tf.data.TFRecordDataset(files, compression_type="GZIP").take(count).as_numpy_iterator())


def answer_as_trained(model: str, transform_graph: str, rows: Sequence[bytes]) -> np.ndarray:
    """Returns the predictions [rows, units] of the Keras model on the rows as Transform's graph prepares them."""
    transform = tft.TFTransformOutput(transform_graph)
    columns = transform.transform_features_layer()(tf.io.parse_example(list(rows), transform.raw_feature_spec()))
    trained = load(Path(model), KERAS_MODEL)
    return trained.predict_on_batch({name: columns[name] for name in trained.input})


def answer_as_served(model: str, rows: Sequence[bytes]) -> dict[str, np.ndarray]:
    """Returns the predictions [rows, units] of the exported model by loader, from a process that loads only it."""
    with tempfile.TemporaryDirectory() as folder:
        requests, answers = f"{folder}/requests", f"{folder}/answers.npz"
        with tf.io.TFRecordWriter(requests) as writer:
            for row in rows:
                writer.write(row)
        command = [sys.executable, "-m", "components.probe", model, requests, answers]
        probe = subprocess.run(command, capture_output=True, text=True, check=False)
        logging.info("%s\n%s", " ".join(command), probe.stderr)
        if probe.returncode:
            raise NotBlessed(
                f"The exported model cannot be loaded and asked: {probe.stderr.strip().splitlines()[-1]}",
                where="LoadCheck",
                remedy="The log holds the loader's own words.",
            )
        with np.load(answers) as archive:
            return dict(archive)


def compare(expected: np.ndarray, served: np.ndarray, rows: Sequence[bytes], loader: str) -> None:
    """Raises NotBlessed with the first row that the served model answers otherwise."""
    differences = ~np.isclose(expected, served, atol=TOLERANCE, rtol=TOLERANCE).all(axis=1)
    if differences.any():
        row = int(differences.argmax())
        raise NotBlessed(
            f"The exported model ({loader} loader) answers {differences.sum()} of {len(rows)} rows otherwise than "
            f"training did; the first is row {row}: {served[row]} instead of {expected[row]}.",
            where="LoadCheck",
            remedy=f"The row: {tf.train.Example.FromString(rows[row])}",
        )
