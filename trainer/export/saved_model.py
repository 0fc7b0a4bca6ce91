"""Export: a SavedModel that takes raw rows and holds its preprocessing."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from configs.schema.evaluation import ORIGIN
from configs.schema.label import Label
from trainer.export.out_of_fold import FromOrigin, OutOfFold
from trainer.export.signatures import CLASSES, EXAMPLES, FOLDS, PREDICTION, RAW, SCORES, SERVING, TRANSFORM, find_free
from trainer.features.cells import Cells, from_examples, from_request
from trainer.features.graph import read_kinds
from trainer.features.learnt import Learnt
from trainer.features.preprocessing import Preprocessing, dense
from trainer.features.raw_tensors import list_tensors
from trainer.settings import Columns

KERAS_MODEL = "assets.extra/model.keras"


def export(model: keras.Model | OutOfFold | FromOrigin, graph: str, columns: Columns, folder: str) -> None:
    """Writes a SavedModel of three signatures, with the preprocessing of Transform's graph.

    `serving_default` takes serialized tf.Examples of the features, a string tensor [batch], `serving_raw` one tensor
    for each feature (`raw_tensors`); both return what `name_answers` does. `transform_features` takes Examples of all
    columns and returns them as Transform made them. The functions alone are saved, as Keras's ExportArchive does it: of
    a whole Keras model TF1-style loaders (TF Serving) find no variables. The Keras model itself lies beside, for a warm
    start and for the load check; of several, that there are as many.
    """
    preprocessing, features = Preprocessing(columns, Learnt.read(graph)), columns.features
    spec = {name: tf.io.VarLenFeature(dtype) for name, dtype in read_kinds(graph).items()}
    origin = {ORIGIN: spec[ORIGIN]} if isinstance(model, FromOrigin) else {}
    served = {name: spec[name] for name in features} | origin
    tensors = list_tensors(features)

    @tf.function(autograph=False)  # traced once for both
    def answer(cells: Cells, others: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        made = {**preprocessing.transform(cells), **others}
        asked = {name: made[name] for name in model.input if name in made}
        return name_answers(model(asked, training=False), columns.label)

    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        parsed = tf.io.parse_example(examples, served)
        return answer(from_examples(features, parsed), {name: dense(parsed[name], 0) for name in origin})

    def serve_raw(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return answer(from_request(features, {name: inputs[tensor.name] for name, tensor in tensors.items()}), {})

    def transform_features(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return preprocessing(tf.io.parse_example(examples, spec))

    examples = tf.TensorSpec([None], tf.string, find_free(EXAMPLES, spec))  # else TFMA would ask with the column
    signatures = {
        SERVING: trace(serve, examples),
        RAW: trace(serve_raw, {tensor.name: tensor for tensor in tensors.values()}),
        TRANSFORM: trace(transform_features, examples),
    }
    tf.saved_model.save(hold(signatures.values(), preprocessing), folder, signatures)
    keras_model = Path(folder, KERAS_MODEL)
    keras_model.parent.mkdir(exist_ok=True)
    if isinstance(model, OutOfFold | FromOrigin):
        several = "folds" if isinstance(model, OutOfFold) else "origins"
        Path(folder, FOLDS).write_text(json.dumps({several: len(model.models)}))
    else:
        model.save(keras_model)


def trace(function: Callable[[Any], dict[str, tf.Tensor]], spec: Any) -> Any:
    """Returns the graph of a function of one argument, a tensor or tensors by name."""
    return tf.function(function, autograph=False).get_concrete_function(spec)


def hold(functions: Iterable[Any], preprocessing: Preprocessing) -> tf.Module:
    """Returns what owns all that the functions compute with: the variables, and the vocabularies' tables."""
    held = tf.Module()
    held.state = list({id(variable): variable for function in functions for variable in function.variables}.values())
    held.tables = list(preprocessing.tables.values())
    return held


def name_answers(prediction: tf.Tensor, label: Label) -> dict[str, tf.Tensor]:
    """Returns `prediction` [batch, units]; with it, of classes, `classes` and `scores`, both [batch, classes].

    These are what TensorFlow Serving calls them: the names, in the order of the label, and how likely each is. The
    prediction of a binary label is the score of its second class, that of a number is in the label's unit; float64
    where an offset is put back, which float32 could not hold.
    """
    if label.offset:
        return {PREDICTION: tf.cast(prediction, tf.float64) + label.offset}
    if not label.values:
        return {PREDICTION: prediction}
    scores = tf.concat([1 - prediction, prediction], axis=1) if label.kind == "binary" else prediction
    classes = tf.broadcast_to(tf.constant(label.values), tf.shape(scores))
    return {PREDICTION: prediction, CLASSES: classes, SCORES: scores}
