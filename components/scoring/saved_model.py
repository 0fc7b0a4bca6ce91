"""A SavedModel, loaded and asked by TensorFlow's C API: without its Python, which takes ten times as long to load.

It is the loader of TensorFlow Serving. The functions and what they take are those of `tensorflow/c/c_api.h`,
`tf_tensor.h` and `tf_tstring.h`, which `libtensorflow_cc.so.2` of TensorFlow's wheels exports.
"""

import ctypes
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_void_p
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from configs.errors import MillraceError

Tensors = Mapping[str, np.ndarray]
BySignature = Mapping[str, Tensors]

STRING = 7
TYPES: dict[int, tuple[str, type]] = {  # tensorflow/core/framework/types.proto
    1: ("DT_FLOAT", np.float32),
    2: ("DT_DOUBLE", np.float64),
    3: ("DT_INT32", np.int32),
    4: ("DT_UINT8", np.uint8),
    5: ("DT_INT16", np.int16),
    6: ("DT_INT8", np.int8),
    STRING: ("DT_STRING", np.object_),
    9: ("DT_INT64", np.int64),
    10: ("DT_BOOL", np.bool_),
    17: ("DT_UINT16", np.uint16),
    19: ("DT_HALF", np.float16),
    22: ("DT_UINT32", np.uint32),
    23: ("DT_UINT64", np.uint64),
}
CODES: dict[Any, int] = {np.dtype(kind): code for code, (_, kind) in TYPES.items()}
TEXT = 24  # bytes of a TF_TString


class Buffer(ctypes.Structure):
    """TF_Buffer."""

    _fields_ = [("data", c_void_p), ("length", c_size_t), ("deallocator", c_void_p)]


class Output(ctypes.Structure):
    """TF_Output."""

    _fields_ = [("operation", c_void_p), ("index", c_int)]


FUNCTIONS = {
    "TF_AllocateTensor": (c_void_p, (c_int, POINTER(c_int64), c_int, c_size_t)),
    "TF_CloseSession": (None, (c_void_p, c_void_p)),
    "TF_DeleteBuffer": (None, (c_void_p,)),
    "TF_DeleteGraph": (None, (c_void_p,)),
    "TF_DeleteSession": (None, (c_void_p, c_void_p)),
    "TF_DeleteSessionOptions": (None, (c_void_p,)),
    "TF_DeleteStatus": (None, (c_void_p,)),
    "TF_DeleteTensor": (None, (c_void_p,)),
    "TF_Dim": (c_int64, (c_void_p, c_int)),
    "TF_GetCode": (c_int, (c_void_p,)),
    "TF_GraphOperationByName": (c_void_p, (c_void_p, c_char_p)),
    "TF_LoadSessionFromSavedModel": (
        c_void_p,
        (c_void_p, c_void_p, c_char_p, POINTER(c_char_p), c_int, c_void_p, c_void_p, c_void_p),
    ),
    "TF_Message": (c_char_p, (c_void_p,)),
    "TF_NewBuffer": (POINTER(Buffer), ()),
    "TF_NewGraph": (c_void_p, ()),
    "TF_NewSessionOptions": (c_void_p, ()),
    "TF_NewStatus": (c_void_p, ()),
    "TF_NumDims": (c_int, (c_void_p,)),
    "TF_SessionRun": (
        None,
        (
            *(c_void_p, c_void_p),
            *(POINTER(Output), POINTER(c_void_p), c_int),
            *(POINTER(Output), POINTER(c_void_p), c_int),
            *(c_void_p, c_int, c_void_p, c_void_p),
        ),
    ),
    "TF_StringCopy": (None, (c_void_p, c_char_p, c_size_t)),
    "TF_StringGetDataPointer": (c_void_p, (c_void_p,)),
    "TF_StringGetSize": (c_size_t, (c_void_p,)),
    "TF_StringInit": (None, (c_void_p,)),
    "TF_TensorByteSize": (c_size_t, (c_void_p,)),
    "TF_TensorData": (c_void_p, (c_void_p,)),
    "TF_TensorType": (c_int, (c_void_p,)),
}
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


class ModelError(MillraceError):
    """What TensorFlow refuses, with its code (absl/status/status.h)."""

    def __init__(self, what: str, where: str = "", remedy: str = "", code: int = 2) -> None:
        super().__init__(what, where, remedy)
        self.code = code


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


class SavedModel:
    """A loaded model, which several threads may ask at a time, until nobody holds it; raises ModelError."""

    def __init__(self, folder: str) -> None:
        self.folder, self.library = folder, open_library()
        self.graph, options = self.library.TF_NewGraph(), self.library.TF_NewSessionOptions()
        described = self.library.TF_NewBuffer()
        tags = (c_char_p * 1)(b"serve")
        try:
            with checked(self.library, folder) as status:
                self.session = self.library.TF_LoadSessionFromSavedModel(
                    options, None, folder.encode(), tags, 1, self.graph, described, status
                )
            meta_graph = ctypes.string_at(described.contents.data, described.contents.length)
        finally:
            self.library.TF_DeleteBuffer(described)
            self.library.TF_DeleteSessionOptions(options)
        self.signatures = read_signatures(meta_graph)
        weakref.finalize(self, release, self.library, self.session, self.graph)

    def answer(self, name: str, inputs: Tensors, outputs: Collection[str] | None = None) -> Tensors:
        """Returns what a signature answers, by output, all where none are named; texts are bytes.

        Raises KeyError for a signature or an input that is not there, ModelError where TensorFlow refuses.
        """
        signature, library = self.signatures[name], self.library
        names = list(signature.outputs if outputs is None else outputs)
        asked = self._find(signature.inputs.values())
        wanted = self._find([signature.outputs[name] for name in names])
        given = (c_void_p * len(asked))(*(write_tensor(library, inputs[key]) for key in signature.inputs))
        answered = (c_void_p * len(wanted))()
        counts = len(asked), len(wanted)
        try:
            with checked(library, self.folder) as status:
                library.TF_SessionRun(
                    *(self.session, None),
                    *(asked, given, counts[0]),
                    *(wanted, answered, counts[1]),
                    *(None, 0, None, status),
                )
            return {key: read_tensor(library, tensor) for key, tensor in zip(names, answered, strict=True)}
        finally:
            for tensor in filter(None, (*given, *answered)):
                library.TF_DeleteTensor(tensor)

    def _find(self, tensors: Iterable[TensorInfo]) -> ctypes.Array[Output]:
        """Returns where tensors are in the graph, by names like operation:0."""
        parts = [info.name.partition(":") for info in tensors]
        named = ((self.library.TF_GraphOperationByName(self.graph, name.encode()), int(at)) for name, _, at in parts)
        return (Output * len(parts))(*(Output(operation, at) for operation, at in named))


def release(library: ctypes.CDLL, session: int, graph: int) -> None:
    """Gives back what a model takes."""
    with checked(library, "") as status:
        library.TF_CloseSession(session, status)
        library.TF_DeleteSession(session, status)
    library.TF_DeleteGraph(graph)


@contextmanager
def checked(library: ctypes.CDLL, folder: str) -> Iterator[int]:
    """Yields a status to be handed on; raises ModelError for what it says afterwards."""
    status = library.TF_NewStatus()
    try:
        yield status
        if code := library.TF_GetCode(status):
            raise ModelError(library.TF_Message(status).decode(), folder, code=code)
    finally:
        library.TF_DeleteStatus(status)


@cache
def open_library() -> ctypes.CDLL:
    """Returns the library of TensorFlow's wheel; raises MillraceError where there is none."""
    found = find_spec("tensorflow")
    if found is None or found.origin is None:
        raise MillraceError("TensorFlow is not installed.", remedy="Run make setup.")
    folder = Path(found.origin).parent
    ctypes.CDLL(str(folder / "libtensorflow_framework.so.2"), mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"))
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


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


def write_tensor(library: ctypes.CDLL, values: np.ndarray) -> int:
    """Returns a new TF_Tensor of an array of numbers, or of texts or bytes."""
    texts = values.dtype.kind in "OSU"
    code, size = (STRING, TEXT * values.size) if texts else (CODES[values.dtype], values.nbytes)
    tensor: int = library.TF_AllocateTensor(code, (c_int64 * values.ndim)(*values.shape), values.ndim, size)
    at = library.TF_TensorData(tensor)
    if not texts:
        ctypes.memmove(at, np.ascontiguousarray(values).ctypes.data, size)
        return tensor
    for place, text in enumerate(values.ravel().tolist()):
        content = text.encode() if isinstance(text, str) else text
        library.TF_StringInit(at + place * TEXT)
        library.TF_StringCopy(at + place * TEXT, content, len(content))
    return tensor


def read_tensor(library: ctypes.CDLL, tensor: int) -> np.ndarray:
    """Returns the array of a TF_Tensor; texts are bytes."""
    shape = [library.TF_Dim(tensor, axis) for axis in range(library.TF_NumDims(tensor))]
    code, at = library.TF_TensorType(tensor), library.TF_TensorData(tensor)
    if code != STRING:
        content = ctypes.string_at(at, library.TF_TensorByteSize(tensor))
        return np.frombuffer(content, TYPES[code][1]).reshape(shape)
    texts = np.empty(int(np.prod(shape)), object)
    for place in range(texts.size):
        text = at + place * TEXT
        texts[place] = ctypes.string_at(library.TF_StringGetDataPointer(text), library.TF_StringGetSize(text))
    return texts.reshape(shape)
