"""The AUC of an exported model, in a fresh process: `python -m bench.score MODEL SCHEMA ROWS.csv`.

SCHEMA is the TFDV schema that says of what type each column is in the tf.Examples that the model takes.
"""

import csv
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from bench.auc import auc
from bench.data import LABEL
from trainer.export.signatures import PREDICTION

Encode = Callable[[str], tf.train.Feature]


def main() -> None:
    """Writes the AUC to standard output."""
    model_path, schema_path, rows_path = sys.argv[1:]
    model = tf.saved_model.load(model_path)
    types = read_types(Path(schema_path).read_text())
    with open(rows_path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    answers = model.signatures["serving_default"](examples=tf.constant([encode(row, types) for row in rows]))
    scores = answers[PREDICTION] if PREDICTION in answers else next(iter(answers.values()))  # TFX's example has one
    labels = np.array([int(row[LABEL]) for row in rows])
    sys.stdout.write(f"{auc(labels, scores.numpy()[:, 0])}\n")


def read_types(text: str) -> dict[str, int]:
    """Returns the type of each column, as the schema's enumeration has it."""
    return {feature.name: feature.type for feature in text_format.Parse(text, schema_pb2.Schema()).feature}


def encode(row: Mapping[str, str], types: Mapping[str, int]) -> bytes:
    """Returns a row as a serialized tf.Example; a blank cell is absent."""
    known = {name: ENCODERS[types[name]](cell) for name, cell in row.items() if cell and name in types}
    return tf.train.Example(features=tf.train.Features(feature=known)).SerializeToString()


def _text(cell: str) -> Any:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[cell.encode()]))


def _integer(cell: str) -> Any:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(float(cell))]))


def _number(cell: str) -> Any:
    return tf.train.Feature(float_list=tf.train.FloatList(value=[float(cell)]))


ENCODERS: dict[int, Encode] = {schema_pb2.BYTES: _text, schema_pb2.INT: _integer, schema_pb2.FLOAT: _number}


if __name__ == "__main__":
    main()
