"""Magnitude pruning: the smallest weights become 0 (Han et al., 2015, arXiv:1506.02626); nothing is trained after."""

import keras
import numpy as np


def prune(model: keras.Model, share: float) -> int:
    """Sets this share of each matrix of weights to 0, those nearest to it, in place; returns how many are 0 then.

    Biases and what normalises stay.
    """
    zeros = 0
    for variable in model.trainable_variables:
        if len(variable.shape) < 2:
            continue
        weights = np.array(variable)
        sizes = np.abs(weights).ravel()
        smallest = np.argsort(sizes, kind="stable")[: round(share * sizes.size)]
        weights.ravel()[smallest] = 0
        variable.assign(weights)
        zeros += int((weights == 0).sum())
    return zeros
