"""Export: a SavedModel that takes raw rows and holds its preprocessing."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
import tensorflow_transform as tft

from configs.schema.config import Label
from trainer.export.signatures import CLASSES, PREDICTION, RAW, SCORES, SERVING, TRANSFORM
from trainer.features.raw_tensors import gather, list_tensors
from trainer.settings import Columns

Resource = tf.saved_model.experimental.TrackableResource
KERAS_MODEL = "assets.extra/model.keras"


def export(model: keras.Model, tft_output: tft.TFTransformOutput, columns: Columns, folder: str) -> None:
    """Writes a SavedModel of three signatures.

    `serving_default` takes serialized tf.Examples of the features, a string tensor [batch], `serving_raw` one tensor
    for each feature (`raw_tensors`); both return what `name_answers` does. `transform_features` takes Examples of all
    columns and returns them as Transform made them. The functions alone are saved, as Keras's ExportArchive does it: of
    a whole Keras model TF1-style loaders (TF Serving) find no variables. The Keras model itself lies beside, for a warm
    start and for the load check.
    """
    layer = tft_output.transform_features_layer()
    raw_spec = tft_output.raw_feature_spec()
    served = {name: raw_spec[name] for name in columns.features}
    tensors = list_tensors(columns.features, served)

    @tf.function(autograph=False)  # traced once for both
    def answer(cells: Mapping[str, tf.SparseTensor]) -> dict[str, tf.Tensor]:
        made = layer(cells)
        return name_answers(model({name: made[name] for name in model.input}, training=False), columns.label)

    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return answer(tf.io.parse_example(examples, served))

    def serve_raw(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return answer({name: gather(inputs[spec.name], served[name].dtype) for name, spec in tensors.items()})

    def transform_features(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return layer(tf.io.parse_example(examples, raw_spec))

    examples = tf.TensorSpec([None], tf.string, name="examples")
    signatures = {
        SERVING: trace(serve, examples),
        RAW: trace(serve_raw, {spec.name: spec for spec in tensors.values()}),
        TRANSFORM: trace(transform_features, examples),
    }
    tf.saved_model.save(hold(signatures.values(), layer), folder, signatures)
    keras_model = Path(folder, KERAS_MODEL)
    keras_model.parent.mkdir(exist_ok=True)
    model.save(keras_model)


def trace(function: Callable[[Any], dict[str, tf.Tensor]], spec: Any) -> Any:
    """Returns the graph of a function of one argument, a tensor or tensors by name."""
    return tf.function(function, autograph=False).get_concrete_function(spec)


def hold(functions: Iterable[Any], layer: Any) -> tf.Module:
    """Returns what owns all that the functions compute with: the variables, and the vocabularies' tables."""
    held = tf.Module()
    held.state = list({id(variable): variable for function in functions for variable in function.variables}.values())
    held.tables = [part for part in tf.train.TrackableView(layer).descendants() if isinstance(part, Resource)]
    return held


def name_answers(prediction: tf.Tensor, label: Label) -> dict[str, tf.Tensor]:
    """Returns `prediction` [batch, units]; with it, of classes, `classes` and `scores`, both [batch, classes].

    These are what TensorFlow Serving calls them: the names, in the order of the label, and how likely each is. The
    prediction of a binary label is the score of its second class, that of a number is in the label's unit.
    """
    if not label.values:
        return {PREDICTION: prediction}
    scores = tf.concat([1 - prediction, prediction], axis=1) if label.kind == "binary" else prediction
    classes = tf.broadcast_to(tf.constant(label.values), tf.shape(scores))
    return {PREDICTION: prediction, CLASSES: classes, SCORES: scores}
