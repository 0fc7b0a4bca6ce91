import keras
import numpy as np
import pytest

from trainer.export.pruning import prune


def test_the_weights_that_tell_least_in_their_layer_become_zero_however_small_all_of_it_is():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.set_weights(
        [np.array([[0.1, -3], [2, -0.2]]), np.array([0.01, 1]), np.array([[0.05], [-0.005]]), np.zeros(1)]
    )
    assert prune(model, 0.4) == 2
    first, bias, second, _ = model.get_weights()
    assert first.tolist() == [[0, -3], [2, 0]]
    assert bias == pytest.approx([0.01, 1])  # a small one stays
    assert second == pytest.approx(np.array([[0.05], [-0.005]]))
    assert prune(model, 0.6) == 3
    assert model.get_weights()[2] == pytest.approx(np.array([[0.05], [0]]))
