"""Export: a SavedModel that takes raw rows and holds its preprocessing."""

from collections.abc import Mapping
from pathlib import Path

import keras
import tensorflow as tf
import tensorflow_transform as tft

from configs.schema import Label
from trainer.raw import gather, list_tensors
from trainer.settings import Columns
from trainer.signatures import CLASSES, PREDICTION, RAW, SCORES, SERVING, TRANSFORM

KERAS_MODEL = "assets.extra/model.keras"


def export(model: keras.Model, tft_output: tft.TFTransformOutput, columns: Columns, folder: str) -> None:
    """Writes a SavedModel of three signatures.

    `serving_default` takes serialized tf.Examples of the features, a string tensor [batch], `serving_raw` one tensor
    for each feature (`trainer.raw`); both return what `name_answers` does. `transform_features` takes Examples of all
    columns and returns them as Transform made them. ExportArchive is what TF1-style loaders (TF Serving) can read as
    well. The Keras model lies beside the SavedModel for a warm start and for the load check.
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

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.track(layer)
    signature = [tf.TensorSpec([None], tf.string, name="examples")]
    archive.add_endpoint(SERVING, serve, signature)
    archive.add_endpoint(RAW, serve_raw, [{spec.name: spec for spec in tensors.values()}])
    archive.add_endpoint(TRANSFORM, transform_features, signature)
    archive.write_out(folder, verbose=False)
    keras_model = Path(folder, KERAS_MODEL)
    keras_model.parent.mkdir(exist_ok=True)
    model.save(keras_model)


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
