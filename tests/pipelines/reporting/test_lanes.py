import pytest

from pipelines.reporting.lanes import choose_lanes


@pytest.mark.parametrize(
    ("lines", "lanes"),
    [
        ([[0, 1], [1, 2], [2]], [0, 1, 0]),  # the third begins below where the first ends
        ([[0, 3], [1, 2], [2, 3], [3]], [0, 1, 2, 1]),
        ([[0], [1], [2]], [0, 0, 0]),
        ([], []),
    ],
)
def test_no_two_lines_of_a_lane_touch(lines, lanes):
    assert choose_lanes(lines) == lanes
