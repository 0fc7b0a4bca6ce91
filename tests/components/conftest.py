import numpy as np
import pytest

from tests.components.trips import statistics


@pytest.fixture(scope="package")
def usual():
    """The statistics of a thousand trips, none of them odd."""
    return statistics(["Blue", "Red"] * 500, np.linspace(0, 10, 1000))
