"""What is written, read by TensorFlow Serving's own message, and back."""

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import prediction_log_pb2

from pipelines.serving.prediction_log import Exchange, decode, encode

TENSORS = {
    "text": np.array([[b"a", "größe".encode()], [b"", b"\xff"]], object),
    "number": np.array([[1.5, np.nan]], np.float32),
    "wide": np.array([2.0**60], np.float64),
    "whole": np.array([-1, 2**62], np.int64),
    "flag": np.array([True, False]),
    "alone": np.array(7, np.int32),
    "none": np.empty((0, 3), np.float32),
}
EXCHANGE = Exchange("trips", 2**40, "serving_raw", TENSORS, {"prediction": TENSORS["number"]}, 0.25)


def test_tensorflow_serving_reads_it():
    log = prediction_log_pb2.PredictionLog.FromString(encode(EXCHANGE))
    assert log.WhichOneof("log_type") == "predict_log"
    specs = log.log_metadata.model_spec, log.predict_log.request.model_spec, log.predict_log.response.model_spec
    for spec in specs:
        assert (spec.name, spec.version.value, spec.signature_name) == ("trips", 2**40, "serving_raw")
    assert log.log_metadata.sampling_config.sampling_rate == 0.25
    assert log.predict_log.request.inputs.keys() == TENSORS.keys()
    for name, tensor in log.predict_log.request.inputs.items():
        read = tf.make_ndarray(tensor)
        assert read.dtype == TENSORS[name].dtype
        np.testing.assert_array_equal(read, TENSORS[name])
    np.testing.assert_array_equal(tf.make_ndarray(log.predict_log.response.outputs["prediction"]), TENSORS["number"])


def test_it_is_read_back():
    read = decode(encode(EXCHANGE))
    assert (read.model, read.version, read.signature, read.share) == ("trips", 2**40, "serving_raw", 0.25)
    assert read.inputs.keys() == TENSORS.keys()
    for name, values in TENSORS.items():
        assert (read.inputs[name].dtype, read.inputs[name].shape) == (values.dtype, values.shape)
        np.testing.assert_array_equal(read.inputs[name], values)


def test_what_is_none_is_refused():
    with pytest.raises(DecodeError):
        decode(b"\x0a\xff")
