"""Arrays to tensors of TensorFlow's C API, and back."""

import ctypes
from collections.abc import Sequence
from ctypes import c_int64
from typing import Any

import numpy as np

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
# A text in a tensor is a TF_TString (tensorflow/c/tf_tstring.h) of 24 bytes. A short one lies within: a byte that holds
# its length above two bits that are zero, then the text. All bytes zero are an empty one.
TEXT = 24
SHORT = [bytes([length << 2]) for length in range(TEXT - 1)]
EMPTY = bytes(TEXT)


def write_tensor(library: ctypes.CDLL, values: np.ndarray) -> int:
    """Returns a new TF_Tensor of an array of numbers, or of texts or bytes."""
    texts = values.dtype.kind in "OSU"
    code, size = (STRING, TEXT * values.size) if texts else (CODES[values.dtype], values.nbytes)
    tensor: int = library.TF_AllocateTensor(code, (c_int64 * values.ndim)(*values.shape), values.ndim, size)
    at = library.TF_TensorData(tensor)
    if texts:
        _write_texts(library, at, [text.encode() if type(text) is str else text for text in values.ravel().tolist()])
    else:
        ctypes.memmove(at, values.tobytes(), size)
    return tensor


def _write_texts(library: ctypes.CDLL, at: int, texts: Sequence[bytes]) -> None:
    """Writes all texts at once but the long ones: a call of C for each takes longer than most models."""
    most = len(SHORT)
    parts = [(SHORT[len(text)] + text).ljust(TEXT, b"\0") if len(text) < most else EMPTY for text in texts]
    ctypes.memmove(at, b"".join(parts), TEXT * len(texts))
    for place, text in enumerate(texts):
        if len(text) >= most:
            library.TF_StringCopy(at + place * TEXT, text, len(text))


def read_tensor(library: ctypes.CDLL, tensor: int) -> np.ndarray:
    """Returns the array of a TF_Tensor; texts are bytes."""
    shape = [library.TF_Dim(tensor, axis) for axis in range(library.TF_NumDims(tensor))]
    code, at = library.TF_TensorType(tensor), library.TF_TensorData(tensor)
    content = ctypes.string_at(at, library.TF_TensorByteSize(tensor))
    if code != STRING:
        return np.frombuffer(content, TYPES[code][1]).reshape(shape)
    texts = np.empty(len(content) // TEXT, object)
    texts[:] = [_read_text(library, content, at, place) for place in range(0, len(content), TEXT)]
    return texts.reshape(shape)


def _read_text(library: ctypes.CDLL, content: bytes, at: int, place: int) -> bytes:
    first = content[place]
    if first & 3 == 0:
        return content[place + 1 : place + 1 + (first >> 2)]
    size: int = library.TF_StringGetSize(at + place)
    return ctypes.string_at(library.TF_StringGetDataPointer(at + place), size)
