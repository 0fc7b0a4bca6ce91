from types import SimpleNamespace

import pytest

from components.explanation import clock
from components.explanation.clock import Clock


@pytest.fixture
def taken(monkeypatch):
    """The seconds that the process has taken."""
    taken = [5.0]
    monkeypatch.setattr(clock, "time", SimpleNamespace(process_time=lambda: taken[0]))
    return taken


def test_a_clock_counts_what_is_left(taken):
    whole = Clock(2)
    taken[0] = 6.5
    assert (whole.spent, whole.left, whole.is_over) == (1.5, 0.5, False)
    part = whole.part(0.5)
    taken[0] = 6.75
    assert (part.left, part.is_over, whole.is_over) == (0, True, False)
    taken[0] = 9
    assert (whole.left, whole.is_over) == (0, True)
