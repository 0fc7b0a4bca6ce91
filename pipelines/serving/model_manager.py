"""The versions of a model in memory: the one in service is loaded, and each new one takes its place."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.types_pb2 import DataType
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef, TensorInfo
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from components.registry.versions import Version, in_service, list_folders
from configs.errors import MillraceError
from configs.home import Home
from pipelines.serving.json_tensor import Refusal, Tensors
from pipelines.storage import sync
from trainer.export.signatures import SERVING

POLL = 1.0  # seconds between looks at the registry
POLL_STORE = 30.0  # where it lies in a store, which counts the requests
STATUS = {tf.errors.ResourceExhaustedError: 429, tf.errors.InternalError: 500, tf.errors.UnimplementedError: 501}
LOADING, AVAILABLE, END = "LOADING", "AVAILABLE", "END"


class Signature:
    """One way to ask a model."""

    def __init__(self, definition: SignatureDef, function: Callable[..., Mapping[str, tf.Tensor]]) -> None:
        self.definition, self.function = definition, function
        self.dtypes = {name: tf.as_dtype(info.dtype) for name, info in definition.inputs.items()}
        self.shapes = {name: tf.TensorShape(info.tensor_shape) for name, info in definition.inputs.items()}
        self.types = {name: np.dtype(dtype.as_numpy_dtype) for name, dtype in self.dtypes.items()}

    def ask(self, inputs: Tensors) -> Tensors:
        """Returns the outputs by name; raises Refusal where the model cannot take the inputs."""
        for name, values in inputs.items():
            if not self.shapes[name].is_compatible_with(values.shape):
                raise Refusal(f"Input {name} has shape {list(values.shape)}, the signature {self.shapes[name]}")
        try:
            tensors = {name: tf.constant(values, self.dtypes[name]) for name, values in inputs.items()}
            return {name: tensor.numpy() for name, tensor in self.function(**tensors).items()}
        except tf.errors.OpError as error:
            raise Refusal(error.message, STATUS.get(type(error), 400)) from error

    def describe(self) -> dict[str, Any]:
        """Returns what the signature takes and gives, as JSON has its protocol buffer."""
        definition = self.definition
        return {
            "inputs": {name: _describe(info) for name, info in sorted(definition.inputs.items())},
            "outputs": {name: _describe(info) for name, info in sorted(definition.outputs.items())},
            "method_name": definition.method_name,
        }


class Loaded:
    """A version in memory, which has answered once: a model's first answer takes longest."""

    def __init__(self, version: Version) -> None:
        self.number = version.number
        self.model = tf.saved_model.load(str(version.path))  # owns the variables that its signatures refer to
        [graph] = SavedModel.FromString(Path(version.path, "saved_model.pb").read_bytes()).meta_graphs
        self.signatures = {
            name: Signature(graph.signature_def[name], function) for name, function in self.model.signatures.items()
        }
        self.signatures[SERVING].ask({"examples": np.array([b""], object)})


class Models:
    """The version in service, loaded, and the states of all that were.

    A request holds the version that it began with, which is dropped once the last of them has been answered.
    """

    def __init__(self, name: str, home: Home, say: Callable[[str], None]) -> None:
        self.name, self.home, self.say = name, home, say
        self.states: Mapping[int, tuple[str, str]] = {}  # with an error, if any
        sync.fetch_service(home)
        version = in_service(home)
        if version is None:
            raise MillraceError("nothing is in service yet", str(home.serving), "Publish a model: millrace run CONFIG")
        self.current = Loaded(version)
        self.states = {version.number: (AVAILABLE, "")}

    def watch(self, stop: threading.Event) -> None:
        """Takes up new versions until it is stopped."""
        while not stop.wait(POLL if self.home.store is None else POLL_STORE):
            self.refresh()

    def refresh(self) -> None:
        """Takes up the newest version; where it cannot be, says why, once, and stays with the one that is loaded."""
        with suppress(MillraceError):  # a store that cannot be reached has no news
            sync.fetch_service(self.home)
        newest = max(list_folders(self.home), default=0)
        if newest <= self.current.number:
            return
        self.states = {newest: (LOADING, ""), **self.states}
        try:
            version = in_service(self.home)
            if version is not None:
                self.current = Loaded(version)
                self.states = {**dict.fromkeys(self.states, (END, "")), version.number: (AVAILABLE, "")}
                self.say(f"Version {version.number} is served.")
        except Exception as error:  # whatever it is, the version that is loaded goes on
            if self.states[newest] != (LOADING, str(error)):
                self.say(f"Version {newest} cannot be served, and version {self.current.number} stays: {error}")
            self.states = {**self.states, newest: (LOADING, str(error))}


def _describe(info: TensorInfo) -> dict[str, Any]:
    shape = info.tensor_shape
    dimensions = [{"size": str(dimension.size), "name": dimension.name} for dimension in shape.dim]
    return {
        "dtype": DataType.Name(info.dtype),
        "tensor_shape": {"dim": dimensions, "unknown_rank": shape.unknown_rank},
        "name": info.name,
    }
