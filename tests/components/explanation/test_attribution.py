import numpy as np
import pytest

from components.explanation.attribution import Attribution

ADDED = {"photo": np.array([[0.5, -0.25]]), "review": np.array([0.125])}


@pytest.mark.parametrize(("answer", "is_complete"), [(0.475, True), (0.483, True), (0.484, False), (0.465, False)])
def test_the_sum_is_right_within_a_share_of_all_that_is_added_and_taken(answer, is_complete):
    found = Attribution(ADDED, answer, 0.1)
    assert found.gap == pytest.approx(0.475 - answer)
    assert found.is_complete == is_complete


def test_parts_are_shares_of_the_most_that_any_adds():
    found = Attribution(ADDED, 0.475, 0.1)
    assert found.share("photo").tolist() == [[1.0, -0.5]]
    assert found.share("review").tolist() == [0.25]
    assert found.share("fare") is None
    assert Attribution({"photo": np.zeros((1, 2))}, 0.1, 0.1).share("photo") is None
