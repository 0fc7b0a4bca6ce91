"""A SavedModel, loaded and asked by TensorFlow's C API: without its Python, which takes ten times as long to load.

It is the loader of TensorFlow Serving.
"""

import ctypes
import weakref
from collections.abc import Collection, Iterable, Mapping, Sequence
from ctypes import c_char_p, c_void_p
from typing import NamedTuple

import numpy as np

from components.scoring.c_library import Output, checked, open_library
from components.scoring.c_tensor import read_tensor, write_tensor
from components.scoring.signatures import TensorInfo, read_signatures

Tensors = Mapping[str, np.ndarray]
BySignature = Mapping[str, Tensors]


# A RunOptions of TensorFlow whose inter_op_thread_pool, field 3, is -1: the thread that brings a request works on it,
# since handing an operation on to another takes longer than most operations do.
IN_THIS_THREAD = b"\x18" + b"\xff" * 9 + b"\x01"


class Plan(NamedTuple):
    """What a signature takes and is asked for, by name and as places in the graph."""

    inputs: Sequence[str]
    asked: ctypes.Array[Output]
    outputs: Sequence[str]
    wanted: ctypes.Array[Output]


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
        self.plans: dict[tuple[str, tuple[str, ...] | None], Plan] = {}
        self.options = self.library.TF_NewBufferFromString(IN_THIS_THREAD, len(IN_THIS_THREAD))
        weakref.finalize(self, release, self.library, self.session, self.graph, self.options)

    def answer(self, name: str, inputs: Tensors, outputs: Collection[str] | None = None) -> Tensors:
        """Returns what a signature answers, by output, all where none are named; texts are bytes.

        Raises KeyError for a signature or an input that is not there, ModelError where TensorFlow refuses.
        """
        plan, library = self._plan(name, outputs), self.library
        values = [inputs[key] for key in plan.inputs]
        given, answered = (c_void_p * len(values))(), (c_void_p * len(plan.outputs))()
        try:
            for place, array in enumerate(values):
                given[place] = write_tensor(library, array)
            with checked(library, self.folder) as status:
                library.TF_SessionRun(
                    *(self.session, self.options),
                    *(plan.asked, given, len(given)),
                    *(plan.wanted, answered, len(answered)),
                    *(None, 0, None, status),
                )
            return {key: read_tensor(library, tensor) for key, tensor in zip(plan.outputs, answered, strict=True)}
        finally:
            for tensor in filter(None, (*given, *answered)):
                library.TF_DeleteTensor(tensor)

    def _plan(self, name: str, outputs: Collection[str] | None) -> "Plan":
        key = name, None if outputs is None else tuple(outputs)
        if key not in self.plans:
            signature = self.signatures[name]
            names = list(signature.outputs if outputs is None else outputs)
            wanted = self._find([signature.outputs[output] for output in names])
            self.plans[key] = Plan(list(signature.inputs), self._find(signature.inputs.values()), names, wanted)
        return self.plans[key]

    def _find(self, tensors: Iterable[TensorInfo]) -> ctypes.Array[Output]:
        """Returns where tensors are in the graph, by names like operation:0."""
        parts = [info.name.partition(":") for info in tensors]
        named = ((self.library.TF_GraphOperationByName(self.graph, name.encode()), int(at)) for name, _, at in parts)
        return (Output * len(parts))(*(Output(operation, at) for operation, at in named))


def release(library: ctypes.CDLL, session: int, graph: int, options: int) -> None:
    """Gives back what a model takes."""
    with checked(library, "") as status:
        library.TF_CloseSession(session, status)
        library.TF_DeleteSession(session, status)
    library.TF_DeleteGraph(graph)
    library.TF_DeleteBuffer(options)
