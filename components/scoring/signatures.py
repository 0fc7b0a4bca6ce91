"""What a SavedModel says of itself: its signatures, read without TensorFlow's Python."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from components.scoring.c_tensor import TYPES

# What is read of a MetaGraphDef (tensorflow/core/protobuf/meta_graph.proto, tensor_shape.proto): each field's number,
# and its type or the message that it is; a map is a list of keys and values.
META_GRAPH = {
    "MetaGraph": {"signatures": (5, "NamedSignature")},
    "NamedSignature": {"key": (1, "string"), "value": (2, "Signature")},
    "Signature": {"inputs": (1, "NamedTensor"), "outputs": (2, "NamedTensor"), "method_name": (3, "string")},
    "NamedTensor": {"key": (1, "string"), "value": (2, "Tensor")},
    "Tensor": {"name": (1, "string"), "dtype": (2, "int64"), "tensor_shape": (3, "Shape")},
    "Shape": {"dim": (2, "Dimension"), "unknown_rank": (3, "bool")},
    "Dimension": {"size": (1, "int64")},
}
LISTS = ("signatures", "inputs", "outputs", "dim")


@dataclass(frozen=True)
class TensorInfo:
    """What a signature says of a tensor: its name in the graph, its type and its shape, of which None is any."""

    name: str
    code: int
    shape: tuple[int | None, ...] | None

    @property
    def type(self) -> np.dtype:
        """That of an array; of texts, objects."""
        return np.dtype(TYPES[self.code][1])

    def takes(self, shape: Sequence[int]) -> bool:
        """Whether an array of a shape can be this tensor."""
        if self.shape is None:
            return True
        pairs = zip(self.shape, shape, strict=False)
        return len(self.shape) == len(shape) and all(size in (None, found) for size, found in pairs)


@dataclass(frozen=True)
class Signature:
    """What a signature takes and answers."""

    inputs: Mapping[str, TensorInfo]
    outputs: Mapping[str, TensorInfo]
    method_name: str

    def make_blanks(self) -> dict[str, np.ndarray]:
        """Returns a row without values, by input."""
        blanks = {}
        for name, info in self.inputs.items():
            shape = [1 if size is None else size for size in info.shape or ()]
            blanks[name] = np.full(shape, b"" if info.type.kind == "O" else 0, info.type)
        return blanks


def read_signatures(meta_graph: bytes) -> dict[str, Signature]:
    """Returns the signatures of a serialized MetaGraphDef; what has no method is TensorFlow's own."""
    found: Any = describe_meta_graph().FromString(meta_graph)
    return {
        each.key: Signature(_read_tensors(each.value.inputs), _read_tensors(each.value.outputs), each.value.method_name)
        for each in found.signatures
        if each.value.method_name
    }


def _read_tensors(named: Iterable[Any]) -> dict[str, TensorInfo]:
    return {each.key: TensorInfo(each.value.name, each.value.dtype, _read_shape(each.value)) for each in named}


def _read_shape(tensor: Any) -> tuple[int | None, ...] | None:
    sizes = (dimension.size for dimension in tensor.tensor_shape.dim)
    return None if tensor.tensor_shape.unknown_rank else tuple(None if size < 0 else size for size in sizes)


@cache
def describe_meta_graph() -> type[Message]:
    """Returns the message of META_GRAPH: TensorFlow's own cannot be had without loading TensorFlow."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="millrace/meta_graph.proto", package="millrace")
    for name, fields in META_GRAPH.items():
        message = file.message_type.add(name=name)
        for key, (number, kind) in fields.items():
            label = field.LABEL_REPEATED if key in LISTS else field.LABEL_OPTIONAL
            made = message.field.add(name=key, number=number, label=label)
            if kind in META_GRAPH:
                made.type, made.type_name = field.TYPE_MESSAGE, f".millrace.{kind}"
            else:
                made.type = field.Type.Value(f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName("millrace.MetaGraph")
    if hasattr(message_factory, "GetMessageClass"):  # protobuf 4 and later
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)
