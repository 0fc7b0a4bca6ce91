"""What a SavedModel says of itself: its signatures, read without TensorFlow's Python."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from components.scoring.c_tensor import TYPES
from components.scoring.protocol_buffers import Table, describe

META_GRAPH: Table = {  # what is read of it: tensorflow/core/protobuf/meta_graph.proto, framework/tensor_shape.proto
    "MetaGraph": {"signatures": (5, ["NamedSignature"])},
    "NamedSignature": {"key": (1, "string"), "value": (2, "Signature")},
    "Signature": {"inputs": (1, ["NamedTensor"]), "outputs": (2, ["NamedTensor"]), "method_name": (3, "string")},
    "NamedTensor": {"key": (1, "string"), "value": (2, "Tensor")},
    "Tensor": {"name": (1, "string"), "dtype": (2, "int64"), "tensor_shape": (3, "Shape")},
    "Shape": {"dim": (2, ["Dimension"]), "unknown_rank": (3, "bool")},
    "Dimension": {"size": (1, "int64")},
}


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
    found = describe_meta_graph().FromString(meta_graph)
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
def describe_meta_graph() -> Any:
    """Returns the message of META_GRAPH."""
    return describe(META_GRAPH)
