"""What a tensor of a signature takes; test_saved_model.py reads the signatures of a real model."""

import pytest

from components.scoring.signatures import Signature, TensorInfo


@pytest.mark.parametrize(
    ("shape", "found", "takes"),
    [
        ((None, 2), (5, 2), True),
        ((None, 2), (5, 3), False),
        ((None, 2), (5,), False),
        ((), (), True),
        (None, (1,), True),
    ],
)
def test_a_tensor_takes_what_has_its_shape(shape, found, takes):
    assert TensorInfo("x:0", 1, shape).takes(found) is takes


def test_a_row_without_values_has_one_of_each_dimension_that_is_open():
    text, number, grid = TensorInfo("x:0", 7, (None,)), TensorInfo("y:0", 1, (None, 2)), TensorInfo("z:0", 9, None)
    blanks = Signature({"x": text, "y": number, "z": grid}, {}, "predict").make_blanks()
    assert {name: (array.shape, array.dtype.kind) for name, array in blanks.items()} == {
        "x": ((1,), "O"),
        "y": ((1, 2), "f"),
        "z": ((), "i"),
    }
    assert blanks["x"].tolist() == [b""]
