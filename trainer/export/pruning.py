"""Layer-adaptive magnitude pruning: the weights that tell least become 0 (LAMP: Lee et al., 2021, arXiv:2010.07611).

Nothing is trained after it. A weight's score is its square as a share of its matrix's that are no smaller, so that how
large a layer's weights are as a whole decides nothing, and the largest of each stays.
"""

import keras
import numpy as np


def prune(model: keras.Model, share: float) -> int:
    """Sets this share of all weights in matrices to 0, in place; returns how many are 0 then. Biases and norms stay."""
    matrices = [variable for variable in model.trainable_variables if len(variable.shape) > 1]
    weights = [np.array(variable) for variable in matrices]
    scores = [_score(each) for each in weights]
    bound = np.sort(np.concatenate([each.ravel() for each in scores]))[round(share * (sum(map(np.size, scores)) - 1))]
    kept = [np.where(score < bound, 0, each) for score, each in zip(scores, weights, strict=True)]
    for variable, each in zip(matrices, kept, strict=True):
        variable.assign(each)
    return sum(int((each == 0).sum()) for each in kept)


def _score(weights: np.ndarray) -> np.ndarray:
    """Returns each weight's square over the sum of those of its matrix that are no smaller; 0 for what is 0."""
    squares = np.square(weights.ravel(), dtype=np.float64)
    order = np.argsort(squares)
    left = np.cumsum(squares[order][::-1])[::-1]
    scores = np.zeros_like(squares)
    scores[order] = np.divide(squares[order], left, out=np.zeros_like(left), where=left > 0)
    return scores.reshape(weights.shape)
