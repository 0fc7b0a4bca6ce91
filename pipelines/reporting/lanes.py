"""Lines from what makes something to what reads it, side by side in as few lanes as none of them touches another in."""

from collections.abc import Sequence


def choose_lanes(lines: Sequence[Sequence[int]]) -> list[int]:
    """Returns the lane of each line, of the rows that it joins: the first that is free from its first row to its last.

    The first row of a line is that of its maker; no line begins above one that stands before it.
    """
    ends: list[int] = []  # the last row of each lane so far
    lanes = []
    for rows in lines:
        lane = next((index for index, end in enumerate(ends) if end < rows[0]), len(ends))
        ends[lane : lane + 1] = [max(rows)]
        lanes.append(lane)
    return lanes
