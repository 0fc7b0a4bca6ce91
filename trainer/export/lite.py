"""A model as a LiteRT file: it takes columns as Transform makes them, and runs on devices without TensorFlow.

TensorFlow's own converter makes it, of a SavedModel of the network alone: tables of vocabularies do not convert.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from trainer.export.saved_model import trace
from trainer.export.signatures import PREDICTION, SERVING
from trainer.features.input_names import name_inputs
from trainer.features.learnt import Learnt

LITE = "assets.extra/lite"  # in a SavedModel's folder
FILE, INPUTS, LEARNT = "model.tflite", "inputs.json", "learnt"
Columns = Mapping[str, np.ndarray]


def convert(model: keras.Model, kind: str | None, rows: Columns) -> bytes:
    """Returns the file of a model whose weights are of a kind, float32 without one; `rows` show int8 what is usual.

    Raises RuntimeError for a model that does not convert.
    """
    names = name_inputs(model.input)
    spec = {names[name]: tf.TensorSpec(each.shape, each.dtype, names[name]) for name, each in model.input.items()}

    def answer(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {PREDICTION: model({name: inputs[names[name]] for name in model.input}, training=False)}

    with tempfile.TemporaryDirectory() as folder:
        traced = trace(answer, spec)
        held = tf.Module()
        held.state = list(traced.variables)  # TensorFlow's own: of Keras's the converter finds no values, and aborts
        tf.saved_model.save(held, folder, {SERVING: traced})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[SERVING])
        if kind:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if kind == "int8":
            converter.representative_dataset = lambda: _list_rows(rows, names)
        return bytes(converter.convert())


def write_lite(folder: Path, content: bytes, model: keras.Model, graph: str) -> None:
    """Writes a file with what one who asks it needs: its inputs, and what Transform learnt of the data."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(content)
    names = name_inputs(model.input)
    told = {
        names[name]: {"column": name, "shape": list(each.shape[1:]), "dtype": each.dtype}
        for name, each in model.input.items()
    }
    (folder / INPUTS).write_text(json.dumps(told, indent=2))
    shutil.copytree(Learnt.read(graph).folder, folder / LEARNT, dirs_exist_ok=True)


class Lite:
    """A file that was written, loaded."""

    def __init__(self, folder: Path) -> None:
        self.bytes = (folder / FILE).stat().st_size
        self.inputs: dict[str, Any] = json.loads((folder / INPUTS).read_text())
        self.interpreter = tf.lite.Interpreter(model_path=str(folder / FILE), num_threads=1)
        self.runner = self.interpreter.get_signature_runner(SERVING)

    @property
    def columns(self) -> list[str]:
        """The columns that it takes."""
        return [each["column"] for each in self.inputs.values()]

    def ask(self, columns: Columns) -> np.ndarray:
        """Returns the predictions [rows, units] of columns as Transform made them."""
        tensors = {name: np.asarray(columns[each["column"]], each["dtype"]) for name, each in self.inputs.items()}
        answers: np.ndarray = self.runner(**tensors)[PREDICTION]
        return answers


def _list_rows(rows: Columns, names: Mapping[str, str]) -> Iterator[dict[str, np.ndarray]]:
    count = len(next(iter(rows.values())))
    for row in range(count):
        yield {names[name]: cells[row : row + 1] for name, cells in rows.items() if name in names}
