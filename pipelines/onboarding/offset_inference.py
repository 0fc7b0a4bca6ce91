"""What is to be taken off numbers that are large beside what tells them apart."""

import numpy as np
import pyarrow as pa

from components.validation.precision import FINE, choose_offset, find_step
from components.validation.profile import Column

TOLD = "float32, in which a model learns, is too coarse without the offset"


def find_offset(column: Column) -> float | None:
    """Returns a number near the mean of a column whose numbers float32 tells apart coarsely; else None.

    Where they are float32 as they come, what told them apart is lost, and the data gate is to say so.
    """
    if pa.types.is_float32(column.cells.type):
        return None
    numbers, counts = column.numbers, column.counts
    mean = float(np.average(numbers, weights=counts))
    spread = float(np.sqrt(np.average((numbers - mean) ** 2, weights=counts)))
    if not 0 < spread < FINE * find_step(float(np.abs(numbers).max())):
        return None
    offset = choose_offset(mean, spread)
    return int(offset) if offset.is_integer() else offset
