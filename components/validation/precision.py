"""What float32, in which a model learns, leaves of numbers that are large beside what tells them apart."""

import math

import numpy as np

COARSE = 4  # steps within a deviation, below which a number has lost what tells its values apart
FINE = 256  # those from which nothing is to be gained
WHOLE = 2**24  # up to which float32 tells all whole numbers apart


def find_step(largest: float) -> float:
    """Returns how far float32 is from one number to the next, at one so large."""
    return float(np.spacing(np.float32(abs(largest))))


def choose_offset(mean: float, spread: float) -> float:
    """Returns a number of few digits near the mean, which deviates by `spread`."""
    return round(mean, -math.ceil(math.log10(spread)))
