import keras
import numpy as np
import pytest

from trainer.export.pruning import prune


def test_the_smallest_weights_of_all_layers_become_zero():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.set_weights([np.array([[0.1, -3], [2, -0.2]]), np.array([0.01, 1]), np.array([[5.0], [-0.5]]), np.zeros(1)])
    assert prune(model, 0.4) == 2
    first, bias, second, _ = model.get_weights()
    assert first.tolist() == [[0, -3], [2, 0]]
    assert bias == pytest.approx([0.01, 1])  # a small one stays
    assert second.tolist() == [[5], [-0.5]]
