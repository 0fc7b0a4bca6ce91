"""LoadCheck: the exported model must answer raw rows as training would, by every signature and by both loaders.

Each is asked twice, since a model may answer otherwise every time. That of TensorFlow Serving is asked in a process
that loads nothing else, that of TensorFlow's Python in this one.
"""

import logging
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from components.base import Made, find_trained, node
from components.scoring.saved_model import BySignature, Tensors
from components.summaries import Outputs, Summary
from configs.errors import NotBlessed
from configs.quantities import count
from configs.schema.config import Config
from configs.schema.label import Label
from trainer.export import signatures
from trainer.export.lite import LITE, Lite
from trainer.export.saved_model import KERAS_MODEL, name_answers
from trainer.export.signatures import PREDICTION, RAW, SERVING, TRANSFORM
from trainer.features.cells import list_offsets
from trainer.features.graph import read_kinds, read_spec
from trainer.features.raw_tensors import list_tensors, spread
from trainer.models.custom import load
from trainer.settings import Columns

SPLIT = "eval"  # the one that Transform prepares without having learnt of it
EXAMPLES = ("examples", "transformed_examples")  # row by row the same
ROWS = 100
TOLERANCE = 1e-4
LITE_TOLERANCE = 0.05  # of a score, in the mean of the rows
TIMES = 2  # that each loader is asked


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that gives an InfraBlessing to a model that serves what was trained."""
    return node(
        "LoadCheck",
        Executor,
        inputs={
            "model": find_trained(made),
            "transform_graph": made["Transform"].outputs["transform_graph"],
            "transformed_examples": made["Transform"].outputs["transformed_examples"],
            "examples": made["ExampleGen"].outputs["examples"],
        },
        outputs={"blessing": standard_artifacts.InfraBlessing},
        parameters={"columns": Columns(features=config.features, label=config.label).model_dump_json()},
    )


def summarise(outputs: Outputs) -> Summary:
    """Returns how many rows were answered as they should be."""
    return Summary(f"{count(outputs['blessing'][0].get_int_custom_property('rows'), 'row')} answered as trained")


class Executor(BaseExecutor):
    """Blesses the model; raises NotBlessed with the row when it cannot be loaded or answers otherwise."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        model = path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["model"]))
        graph = artifact_utils.get_single_uri(input_dict["transform_graph"])
        columns = Columns.model_validate_json(exec_properties["columns"])
        rows, made = (first_rows(artifact_utils.get_split_uri(input_dict[key], SPLIT)) for key in EXAMPLES)
        parsed = tf.io.parse_example(made, read_spec(graph))
        expected = answer_as_trained(model, parsed, columns.label)
        requests = make_requests(graph, columns, rows)
        for loader, answer in LOADERS.items():
            for time, answers in enumerate(answer(model, requests)):
                asked = f"{loader} loader{', asked again' if time else ''}"
                compare(expected, answers, rows, asked, columns.label.offset)
        if Path(model, LITE).exists():
            trained = expected[SERVING][PREDICTION] - columns.label.offset
            compare_lite(Lite(Path(model, LITE)), parsed, trained, columns.label)
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        Path(blessing.uri, "INFRA_BLESSED").touch()
        blessing.set_int_custom_property("blessed", 1)
        blessing.set_int_custom_property("rows", len(rows))


def first_rows(folder: str, count: int = ROWS) -> list[bytes]:
    """Returns the first serialized tf.Examples of a split."""
    files = sorted(tf.io.gfile.glob(f"{folder}/*"))
    return list(tf.data.TFRecordDataset(files, compression_type="GZIP").take(count).as_numpy_iterator())


def make_requests(graph: str, columns: Columns, rows: Sequence[bytes]) -> BySignature:
    """Returns the rows as each signature takes them."""
    kinds = read_kinds(graph)
    cells = tf.io.parse_example(list(rows), {name: tf.io.VarLenFeature(kinds[name]) for name in columns.features})
    tensors = list_tensors(columns.features)
    examples = {signatures.find_free(signatures.EXAMPLES, kinds): np.array(rows, object)}
    offsets = dict(zip(tensors, list_offsets(columns.features, list(tensors)), strict=True))
    raw = {tensor.name: spread(cells[name], tensor, offsets[name]).numpy() for name, tensor in tensors.items()}
    return {SERVING: examples, RAW: raw, TRANSFORM: examples}


def answer_as_trained(model: str, made: Mapping[str, tf.Tensor], label: Label) -> BySignature:
    """Returns what each signature is to answer: by the Keras model, on the rows as Transform made them for training."""
    trained = load(Path(model), KERAS_MODEL)
    prediction = trained.predict_on_batch({name: made[name] for name in trained.input})
    named = {name: tensor.numpy() for name, tensor in name_answers(tf.constant(prediction), label).items()}
    return {SERVING: named, RAW: named, TRANSFORM: {name: tensor.numpy() for name, tensor in made.items()}}


def answer_as_loaded(model: str, requests: BySignature) -> Sequence[BySignature]:
    """Returns the exported model's answers as TensorFlow's Python loads it, to the requests and to them again."""
    loaded = tf.saved_model.load(model)  # owns the variables that its signatures refer to

    def ask(name: str, inputs: Tensors) -> Tensors:
        outputs = loaded.signatures[name](**{key: tf.constant(values) for key, values in inputs.items()})
        return {key: tensor.numpy() for key, tensor in outputs.items()}

    return [{name: ask(name, inputs) for name, inputs in requests.items()} for _ in range(TIMES)]


def answer_as_served(model: str, requests: BySignature) -> Sequence[BySignature]:
    """Returns the same as TensorFlow Serving loads the model, from a process that loads only it.

    Raises NotBlessed where it cannot be loaded and asked.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "requests"), Path(folder, "answers")
        asked.write_bytes(pickle.dumps(requests))
        files = (str(asked), str(answered))
        command = [sys.executable, "-m", "components.load_check_process", model, *files, str(TIMES)]
        probe = subprocess.run(command, capture_output=True, text=True, check=False)
        logging.info("%s\n%s", " ".join(command), probe.stderr)
        if probe.returncode:
            raise NotBlessed(
                f"The exported model cannot be loaded and asked: {probe.stderr.strip().splitlines()[-1]}",
                where="LoadCheck",
                remedy="The log holds the loader's own words.",
            )
        answers: Sequence[BySignature] = pickle.loads(answered.read_bytes())
        return answers


LOADERS = {"Python": answer_as_loaded, "Serving": answer_as_served}


def compare(
    expected: BySignature, served: BySignature, rows: Sequence[bytes], loader: str, offset: float = 0.0
) -> None:
    """Raises NotBlessed with the first row that a signature of the served model answers otherwise.

    The `offset` that predictions have in common makes no difference smaller.
    """
    for signature, outputs in expected.items():
        for output, values in outputs.items():
            found = served[signature][output]
            origin = offset if output == PREDICTION else 0.0
            differences = ~_alike(values, found, origin).reshape(len(rows), -1).all(axis=1)
            if differences.any():
                row = int(differences.argmax())
                raise NotBlessed(
                    f"The exported model ({loader}, {signature}) answers {differences.sum()} of {len(rows)} "
                    f"rows otherwise than training did; the first is row {row}, whose {output} is {found[row]} instead "
                    f"of {values[row]}.",
                    where="LoadCheck",
                    remedy=f"The row: {tf.train.Example.FromString(rows[row])}",
                )


def compare_lite(lite: Lite, made: Mapping[str, tf.Tensor], trained: np.ndarray, label: Label) -> None:
    """Raises NotBlessed where a LiteRT file answers by LITE_TOLERANCE otherwise than training did, in the mean.

    Of a number it is a share of the answers' spread. What the file is worth is judged by the thresholds.
    """
    found = lite.ask({name: tensor.numpy() for name, tensor in made.items() if name in lite.columns})
    scale = 1.0 if label.values else float(trained.std()) or 1.0
    off = float(np.abs(found - trained).mean()) / scale
    if not off <= LITE_TOLERANCE:
        what = f"The LiteRT file answers {off:.3f} otherwise than training did, in the mean of {len(trained)} rows"
        remedy = "Choose compress.lite: float16, or leave it out."
        raise NotBlessed(f"{what}; {LITE_TOLERANCE} is borne.", where="LoadCheck", remedy=remedy)


def _alike(expected: np.ndarray, served: np.ndarray, origin: float) -> np.ndarray:
    if expected.dtype.kind == "f":
        return np.isclose(expected - origin, served - origin, atol=TOLERANCE, rtol=TOLERANCE)
    return expected == served
