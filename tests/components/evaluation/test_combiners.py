"""What Beam is told of the sums."""

import math

import numpy as np

from components.evaluation import sums
from components.evaluation.combiners import Combine


def test_parts_are_added_up_wherever_they_were_measured():
    combine = Combine("figure", None, sums.Rows())
    merged = combine.merge_accumulators([None, np.array([2.0]), np.array([3.0])])
    assert combine.extract_output(merged) == {"figure": 5.0}


def test_no_rows_have_no_figure():
    combine = Combine("figure", None, sums.Accuracy())
    assert math.isnan(combine.extract_output(combine.create_accumulator())["figure"])
