"""A table of fields, held against the real messages of TensorFlow and TensorFlow Serving."""

import pytest
import tensorflow as tf
from google.protobuf.descriptor import FieldDescriptor
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import prediction_log_pb2

from components.scoring.protocol_buffers import describe
from components.scoring.signatures import META_GRAPH
from pipelines.serving.disclosure import EXAMPLE
from pipelines.serving.prediction_log import PREDICTION_LOG

REAL = {
    "META_GRAPH": (META_GRAPH, meta_graph_pb2.MetaGraphDef, {"signatures": "signature_def"}),
    "EXAMPLE": (EXAMPLE, tf.train.Example, {}),
    "PREDICTION_LOG": (PREDICTION_LOG, prediction_log_pb2.PredictionLog, {}),
}
AS_INTEGER = (FieldDescriptor.TYPE_ENUM, FieldDescriptor.TYPE_INT32)  # whose bytes are those of an int64
AS_BYTES = (FieldDescriptor.TYPE_STRING,)


@pytest.mark.parametrize("name", REAL)
def test_each_field_has_the_number_and_the_type_of_the_real_one(name):
    table, real, renamed = REAL[name]
    compare(describe(table).DESCRIPTOR, real.DESCRIPTOR, renamed, set())


def compare(made, real, renamed, seen):
    if made.name in seen:
        return
    seen.add(made.name)
    for field in made.fields:
        other = real.fields_by_name[renamed.get(field.name, field.name)]
        assert (field.number, field.label) == (other.number, other.label), field.full_name
        if field.message_type:
            compare(field.message_type, other.message_type, renamed, seen)
        else:
            alike = {FieldDescriptor.TYPE_INT64: AS_INTEGER, FieldDescriptor.TYPE_BYTES: AS_BYTES}.get(field.type, ())
            assert other.type in (field.type, *alike), field.full_name
