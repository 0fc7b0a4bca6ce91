"""TensorFlow's C API, called by ctypes: what is used of `tensorflow/c/c_api.h`, `tf_tensor.h` and `tf_tstring.h`.

`libtensorflow_cc.so.2` of TensorFlow's wheels exports it. A call lets other threads of Python go on meanwhile.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_void_p
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from configs.errors import MillraceError


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
    "TF_NewBufferFromString": (c_void_p, (c_char_p, c_size_t)),
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
    "TF_TensorByteSize": (c_size_t, (c_void_p,)),
    "TF_TensorData": (c_void_p, (c_void_p,)),
    "TF_TensorType": (c_int, (c_void_p,)),
}


class ModelError(MillraceError):
    """What TensorFlow refuses, with its code (absl/status/status.h)."""

    def __init__(self, what: str, where: str = "", remedy: str = "", code: int = 2) -> None:
        super().__init__(what, where, remedy)
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.where, self.remedy, self.code)


@contextmanager
def checked(library: ctypes.CDLL, folder: str) -> Iterator[int]:
    """Yields a status to be handed on; raises ModelError for what it says afterwards."""
    status = library.TF_NewStatus()
    try:
        yield status
        if code := library.TF_GetCode(status):
            raise ModelError(library.TF_Message(status).decode(errors="replace"), folder, code=code)
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


def trim_memory() -> None:
    """Gives what was freed back to the system: loading a model leaves some twenty megabytes."""
    ctypes.CDLL(None).malloc_trim(0)
