"""Export: a SavedModel that takes raw rows and holds its preprocessing."""

from collections.abc import Collection
from pathlib import Path

import keras
import tensorflow as tf
import tensorflow_transform as tft

KERAS_MODEL = "assets.extra/model.keras"


def export(model: keras.Model, tft_output: tft.TFTransformOutput, unserved: Collection[str], folder: str) -> None:
    """Writes a SavedModel whose signatures take serialized tf.Examples of raw columns, a string tensor [batch].

    `serving_default` does without the `unserved` columns (the label, the weight) and returns `prediction`
    [batch, units]; `transform_features` returns all columns as Transform made them. ExportArchive is what TF1-style
    loaders (TF Serving) can read as well.
    The Keras model lies beside the SavedModel for a warm start and for the load check.
    """
    layer = tft_output.transform_features_layer()
    raw_spec = tft_output.raw_feature_spec()
    serving_spec = {name: spec for name, spec in raw_spec.items() if name not in unserved}

    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        columns = layer(tf.io.parse_example(examples, serving_spec))
        return {"prediction": model({name: columns[name] for name in model.input}, training=False)}

    def transform_features(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return layer(tf.io.parse_example(examples, raw_spec))

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.track(layer)
    signature = [tf.TensorSpec([None], tf.string, name="examples")]
    archive.add_endpoint("serving_default", serve, signature)
    archive.add_endpoint("transform_features", transform_features, signature)
    archive.write_out(folder, verbose=False)
    keras_model = Path(folder, KERAS_MODEL)
    keras_model.parent.mkdir(exist_ok=True)
    model.save(keras_model)
