"""Magnitude pruning: the smallest weights become 0 (Han et al., 2015, arXiv:1506.02626); nothing is trained after."""

import keras
import numpy as np


def prune(model: keras.Model, share: float) -> int:
    """Sets this share of all weights in matrices to 0, those nearest to it, in place; returns how many are 0 then.

    Large layers, which have many that matter little, lose more of theirs than small ones. Biases and what normalises
    stay.
    """
    matrices = [variable for variable in model.trainable_variables if len(variable.shape) > 1]
    weights = [np.array(variable) for variable in matrices]
    sizes = np.abs(np.concatenate([each.ravel() for each in weights]))
    bound = np.sort(sizes)[round(share * (sizes.size - 1))]
    for variable, each in zip(matrices, weights, strict=True):
        variable.assign(np.where(np.abs(each) < bound, 0, each))
    return int((sizes < bound).sum())
