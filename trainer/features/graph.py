"""Transform's graph on the disk, in TFX Transform's own layout, which `tft.TFTransformOutput` reads."""

import os
from collections.abc import Mapping

import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.saved import saved_transform_io_v2
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io

from trainer.features.cells import describe as describe_cells
from trainer.features.preprocessing import Preprocessing

Output = tft.TFTransformOutput
FUNCTION = "transform_fn"  # as TFX Transform calls it


def write_graph(preprocessing: Preprocessing, schema: schema_pb2.Schema, folder: str) -> None:
    """Writes the schema of the raw columns, the function, with its vocabularies, and the schema of what it makes."""
    metadata_io.write_metadata(dataset_metadata.DatasetMetadata(schema), os.path.join(folder, Output.RAW_METADATA_DIR))
    module = tf.Module()
    module.tables = list(preprocessing.tables.values())
    function = trace(preprocessing, read_kinds(folder))
    path = os.path.join(folder, Output.TRANSFORM_FN_DIR)
    made = saved_transform_io_v2.write_v2_saved_model(module, function, FUNCTION, path).structured_outputs
    metadata = dataset_metadata.DatasetMetadata.from_feature_spec(describe(made))
    metadata_io.write_metadata(metadata, os.path.join(folder, Output.TRANSFORMED_METADATA_DIR))


def read_kinds(folder: str) -> dict[str, tf.DType]:
    """Returns the types of the raw columns of a graph that lies there."""
    return {name: spec.dtype for name, spec in Output(folder).raw_feature_spec().items()}


def read_spec(folder: str) -> dict[str, tf.io.FixedLenFeature]:
    """Returns how the rows that the graph makes are read from tf.Examples."""
    return Output(folder).transformed_feature_spec()


def trace(preprocessing: Preprocessing, kinds: Mapping[str, tf.DType]) -> tf.types.experimental.GenericFunction:
    """Returns the function of columns of these types, sparse tensors by name."""
    spec = {name: tf.SparseTensorSpec([None, None], dtype) for name, dtype in kinds.items()}

    @tf.function(input_signature=[spec], autograph=False)
    def transform_fn(inputs: Mapping[str, tf.SparseTensor]) -> dict[str, tf.Tensor]:
        return preprocessing(inputs)

    return transform_fn


def trace_cells(preprocessing: Preprocessing, others: Mapping[str, tf.DType]) -> tf.types.experimental.GenericFunction:
    """Returns the same as a function of cells, and of the `others`, sparse tensors: it is the smaller graph."""
    sparse = {name: tf.SparseTensorSpec([None, None], dtype) for name, dtype in others.items()}
    signature = [describe_cells(preprocessing.columns.features), sparse]
    return tf.function(preprocessing.prepare, input_signature=signature, autograph=False)


def describe(made: Mapping[str, tf.Tensor]) -> dict[str, tf.io.FixedLenFeature]:
    """Returns how the tensors are read from tf.Examples."""
    return {name: tf.io.FixedLenFeature(tensor.shape[1:], tensor.dtype) for name, tensor in made.items()}
