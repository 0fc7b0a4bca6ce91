"""The area under the ROC curve, exactly."""

import numpy as np
import pandas as pd


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Returns how likely a positive row scores above a negative one; a tie counts half. Both are [rows]."""
    positive = labels == 1
    many, few = int((~positive).sum()), int(positive.sum())
    ranks = pd.Series(scores).rank().to_numpy()[positive].sum()
    return float((ranks - few * (few + 1) / 2) / (few * many))
