"""Arrays become tensors and come back."""

import ctypes
from contextlib import contextmanager

import numpy as np
import pytest

from components.scoring.c_library import open_library
from components.scoring.c_tensor import TEXT, read_tensor, write_tensor


@contextmanager
def written(values):
    library = open_library()
    tensor = write_tensor(library, values)
    try:
        yield library, tensor
    finally:
        library.TF_DeleteTensor(tensor)


def test_texts_of_every_length_are_what_tensorflow_reads_of_them():
    texts = [bytes([65 + length % 26]) * length for length in range(70)] + [b"\0", b"\xff\0\xff"]
    with written(np.array(texts, object)) as (library, tensor):
        at = library.TF_TensorData(tensor)
        places = range(at, at + TEXT * len(texts), TEXT)
        pairs = [(library.TF_StringGetDataPointer(place), library.TF_StringGetSize(place)) for place in places]
        assert [ctypes.string_at(*pair) for pair in pairs] == texts
        assert read_tensor(library, tensor).tolist() == texts


@pytest.mark.parametrize(
    "values",
    [
        np.arange(6, dtype="float32").reshape(2, 3),
        np.arange(6).reshape(2, 3).T,
        np.array(7.0),
        np.zeros((0, 2), "int32"),
        np.array([[True], [False]]),
    ],
    ids=["rows", "turned", "one", "none", "flags"],
)
def test_numbers_keep_their_shape_and_type(values):
    with written(values) as (library, tensor):
        found = read_tensor(library, tensor)
        assert (found.dtype, found.shape) == (values.dtype, values.shape)
        np.testing.assert_array_equal(found, values)


def test_texts_keep_their_shape():
    with written(np.array([["ä", "b" * 30]], object)) as (library, tensor):
        assert read_tensor(library, tensor).tolist() == [["ä".encode(), b"b" * 30]]
