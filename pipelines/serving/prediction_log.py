"""What a model was asked and what it answered, as TensorFlow Serving logs it: a PredictionLog, to bytes and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from components.scoring.c_tensor import CODES, STRING, TYPES
from components.scoring.protocol_buffers import Table, describe
from components.scoring.saved_model import Tensors

# tensorflow_serving/apis/prediction_log.proto, logging.proto, predict.proto, model.proto, config/logging_config.proto;
# tensorflow/core/framework/tensor.proto, tensor_shape.proto; google/protobuf/wrappers.proto.
PREDICTION_LOG: Table = {
    "PredictionLog": {"log_metadata": (1, "LogMetadata"), "predict_log": (6, "PredictLog")},
    "LogMetadata": {"model_spec": (1, "ModelSpec"), "sampling_config": (2, "SamplingConfig")},
    "SamplingConfig": {"sampling_rate": (1, "double")},
    "ModelSpec": {"name": (1, "string"), "version": (2, "Int64Value"), "signature_name": (3, "string")},
    "Int64Value": {"value": (1, "int64")},
    "PredictLog": {"request": (1, "PredictRequest"), "response": (2, "PredictResponse")},
    "PredictRequest": {"model_spec": (1, "ModelSpec"), "inputs": (2, ["NamedTensor"])},
    "PredictResponse": {"outputs": (1, ["NamedTensor"]), "model_spec": (2, "ModelSpec")},
    "NamedTensor": {"key": (1, "string"), "value": (2, "Tensor")},
    "Tensor": {
        "dtype": (1, "int64"),
        "tensor_shape": (2, "Shape"),
        "tensor_content": (4, "bytes"),
        "string_val": (8, ["bytes"]),
    },
    "Shape": {"dim": (2, ["Dimension"])},
    "Dimension": {"size": (1, "int64")},
}


@dataclass(frozen=True)
class Exchange:
    """A request that a version answered: by which signature, with what, and as one of what share of all requests."""

    model: str
    version: int
    signature: str
    inputs: Tensors
    outputs: Tensors
    share: float = 1.0


def encode(exchange: Exchange) -> bytes:
    """Returns a serialized PredictionLog."""
    log = describe_prediction_log()()
    request, response = log.predict_log.request, log.predict_log.response
    for spec in (log.log_metadata.model_spec, request.model_spec, response.model_spec):
        spec.name, spec.version.value, spec.signature_name = exchange.model, exchange.version, exchange.signature
    log.log_metadata.sampling_config.sampling_rate = exchange.share
    _write(request.inputs, exchange.inputs)
    _write(response.outputs, exchange.outputs)
    return bytes(log.SerializeToString())


def decode(record: bytes) -> Exchange:
    """Returns what a PredictionLog holds; raises google.protobuf's DecodeError for bytes that are none."""
    log = describe_prediction_log().FromString(record)
    spec, predicted = log.log_metadata.model_spec, log.predict_log
    return Exchange(
        model=spec.name,
        version=spec.version.value,
        signature=spec.signature_name,
        inputs=_read(predicted.request.inputs),
        outputs=_read(predicted.response.outputs),
        share=log.log_metadata.sampling_config.sampling_rate,
    )


def _write(named: Any, tensors: Tensors) -> None:
    for name, values in tensors.items():
        made = named.add(key=name)
        tensor = made.value
        for size in values.shape:
            tensor.tensor_shape.dim.add(size=size)
        if values.dtype.kind == "O":
            tensor.dtype = STRING
            tensor.string_val.extend(values.ravel().tolist())
        else:
            tensor.dtype, tensor.tensor_content = CODES[values.dtype], values.tobytes()


def _read(named: Any) -> Mapping[str, np.ndarray]:
    return {each.key: _read_tensor(each.value) for each in named}


def _read_tensor(tensor: Any) -> np.ndarray:
    shape = [dimension.size for dimension in tensor.tensor_shape.dim]
    if tensor.dtype != STRING:
        return np.frombuffer(tensor.tensor_content, TYPES[tensor.dtype][1]).reshape(shape)
    texts = np.empty(len(tensor.string_val), object)
    texts[:] = list(tensor.string_val)
    return texts.reshape(shape)


@cache
def describe_prediction_log() -> Any:
    """Returns the message of PREDICTION_LOG."""
    return describe(PREDICTION_LOG)
