"""What a tensor of a signature takes; test_saved_model.py reads the signatures of a real model."""

import pytest

from components.scoring.signatures import TensorInfo


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
