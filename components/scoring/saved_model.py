"""A SavedModel, loaded and asked by TensorFlow's C API: without its Python, which takes ten times as long to load.

It is the loader of TensorFlow Serving. The functions and what they take are those of `tensorflow/c/c_api.h`,
`tf_tensor.h` and `tf_tstring.h`, which `libtensorflow_cc.so.2` of TensorFlow's wheels exports.
"""

import ctypes
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_void_p
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from configs.errors import MillraceError

Tensors = Mapping[str, np.ndarray]
BySignature = Mapping[str, Tensors]

# tensorflow/core/framework/types.proto
STRING = 7
NUMBERS: dict[int, type] = {
    1: np.float32,
    2: np.float64,
    3: np.int32,
    4: np.uint8,
    5: np.int16,
    6: np.int8,
    9: np.int64,
    10: np.bool_,
    17: np.uint16,
    19: np.float16,
    22: np.uint32,
    23: np.uint64,
}
CODES: dict[np.dtype, int] = {np.dtype(kind): code for code, kind in NUMBERS.items()}
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
# What is read of a MetaGraphDef (tensorflow/core/protobuf/meta_graph.proto): each field's number, and the message it
# is, or a text; a map is a list of keys and values.
META_GRAPH = {
    "MetaGraph": {"signatures": (5, "NamedSignature")},
    "NamedSignature": {"key": (1, ""), "value": (2, "Signature")},
    "Signature": {"inputs": (1, "NamedTensor"), "outputs": (2, "NamedTensor")},
    "NamedTensor": {"key": (1, ""), "value": (2, "Tensor")},
    "Tensor": {"name": (1, "")},
}
LISTS = ("signatures", "inputs", "outputs")


@dataclass(frozen=True)
class Signature:
    """What a signature takes and answers: the tensors of the graph by name."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


class SavedModel:
    """A loaded model, which several threads may ask at a time; raises MillraceError where it cannot be loaded."""

    def __init__(self, folder: str) -> None:
        self.folder, self.library = folder, open_library()
        self.graph, options = self.library.TF_NewGraph(), self.library.TF_NewSessionOptions()
        described = self.library.TF_NewBuffer()
        tags = (c_char_p * 1)(b"serve")
        try:
            with self._checked() as status:
                self.session = self.library.TF_LoadSessionFromSavedModel(
                    options, None, folder.encode(), tags, 1, self.graph, described, status
                )
            meta_graph = ctypes.string_at(described.contents.data, described.contents.length)
        finally:
            self.library.TF_DeleteBuffer(described)
            self.library.TF_DeleteSessionOptions(options)
        self.signatures = read_signatures(meta_graph)

    def close(self) -> None:
        """Gives back what the model takes; nobody may ask it any more."""
        with self._checked() as status:
            self.library.TF_CloseSession(self.session, status)
            self.library.TF_DeleteSession(self.session, status)
        self.library.TF_DeleteGraph(self.graph)

    def answer(self, name: str, inputs: Tensors, outputs: Collection[str] | None = None) -> Tensors:
        """Returns what a signature answers, by output, all where none are named; texts are bytes.

        Raises KeyError for a signature or an input that is not there, MillraceError where TensorFlow refuses.
        """
        signature, library = self.signatures[name], self.library
        names = list(signature.outputs if outputs is None else outputs)
        asked = self._find(list(signature.inputs.values()))
        wanted = self._find([signature.outputs[name] for name in names])
        given = (c_void_p * len(asked))(*(write_tensor(library, inputs[key]) for key in signature.inputs))
        answered = (c_void_p * len(wanted))()
        counts = len(asked), len(wanted)
        try:
            with self._checked() as status:
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

    def _find(self, tensors: Sequence[str]) -> ctypes.Array[Output]:
        """Returns where tensors are in the graph, by names like operation:0."""
        parts = (name.partition(":") for name in tensors)
        named = ((self.library.TF_GraphOperationByName(self.graph, name.encode()), int(at)) for name, _, at in parts)
        return (Output * len(tensors))(*(Output(operation, at) for operation, at in named))

    @contextmanager
    def _checked(self) -> Iterator[int]:
        """Yields a status to be handed on; raises MillraceError for what it says afterwards."""
        status = self.library.TF_NewStatus()
        try:
            yield status
            if self.library.TF_GetCode(status):
                raise MillraceError(self.library.TF_Message(status).decode(), self.folder)
        finally:
            self.library.TF_DeleteStatus(status)


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
    """Returns the signatures of a serialized MetaGraphDef."""
    found = describe_meta_graph().FromString(meta_graph)
    return {
        each.key: Signature(
            {tensor.key: tensor.value.name for tensor in each.value.inputs},
            {tensor.key: tensor.value.name for tensor in each.value.outputs},
        )
        for each in found.signatures
    }


@cache
def describe_meta_graph() -> type[Message]:
    """Returns the message of META_GRAPH: TensorFlow's own cannot be had without loading TensorFlow."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="millrace/meta_graph.proto", package="millrace")
    for name, fields in META_GRAPH.items():
        message = file.message_type.add(name=name)
        for key, (number, kind) in fields.items():
            label = field.LABEL_REPEATED if key in LISTS else field.LABEL_OPTIONAL
            if kind:
                made = {"type": field.TYPE_MESSAGE, "type_name": f".millrace.{kind}"}
            else:
                made = {"type": field.TYPE_STRING}
            message.field.add(name=key, number=number, label=label, **made)
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
        return np.frombuffer(content, NUMBERS[code]).reshape(shape)
    texts = np.empty(int(np.prod(shape)), object)
    for place in range(texts.size):
        text = at + place * TEXT
        texts[place] = ctypes.string_at(library.TF_StringGetDataPointer(text), library.TF_StringGetSize(text))
    return texts.reshape(shape)
