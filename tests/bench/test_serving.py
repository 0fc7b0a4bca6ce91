"""The table of what a server bears, and the speed of the model alone."""

import numpy as np
import pytest

from bench.serving import blank, call, show
from components.scoring.signatures import Signature, TensorInfo


class Model:
    """Answers at once."""

    def __init__(self):
        inputs = {"fare": TensorInfo("fare:0", 1, (None,)), "text": TensorInfo("text:0", 7, (None, 2))}
        self.signatures = {"serving_raw": Signature(inputs, {}, "predict")}

    def answer(self, name, inputs):
        return {"prediction": np.zeros(1)}


def test_a_row_has_a_value_for_each_feature():
    row = blank(Model())
    assert {name: values.tolist() for name, values in row.items()} == {"fare": [1.0], "text": [[b"8", b"8"]]}


@pytest.mark.parametrize("threads", [1, 2])
def test_the_model_is_asked_for_as_long_as_it_is_told(threads):
    figures = call(Model(), {}, threads, seconds=1)
    assert figures["rate"] > 1000
    assert 0 < figures["median"] <= figures["p99"] <= figures["longest"]


def test_the_table_shows_the_middle_of_the_rounds(capsys):
    rounds = [{"rate": 1000 * n, "median": n, "p99": n, "longest": n, "errors": 0} for n in (1, 3, 2)]
    show({("now", 1, 16): rounds})
    assert capsys.readouterr().out.splitlines()[-1] == "| now | 1 | 16 | 2,000 | 2.00 | 2.0 | 2 | 0 |"
