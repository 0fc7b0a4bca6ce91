import numpy as np
import pandas as pd
import pytest

from tests.pipelines.onboarding.conftest import ROWS, draw

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("classes", [2, 4])
def test_a_column_made_of_the_label_is_named_with_noise_on_it_too(tmp_path, classes):
    y = RANDOM.integers(0, classes, ROWS)
    noisy = np.where(RANDOM.random(ROWS) < 0.004, RANDOM.integers(0, classes, ROWS), y)
    frame = pd.DataFrame(
        {
            "near": noisy + RANDOM.normal(0, 0.05, ROWS),
            "code": np.char.add("c", noisy.astype(str)),
            "helps": y + RANDOM.normal(0, 0.6, ROWS),
            "noise": RANDOM.normal(size=ROWS),
            "y": np.char.add("class ", y.astype(str)),
        }
    )
    drawn, config = draw(frame, tmp_path, "y")
    assert {name for name, found in drawn.features.items() if found.warning} == {"near", "code"}
    assert drawn.features["near"].warning.startswith("alone it reaches ")
    assert list(config.features) == ["near", "code", "helps", "noise"]


def test_one_class_that_rules_gives_nothing_away(tmp_path):
    y = np.where(np.arange(ROWS) % 25, "most", np.where(np.arange(ROWS) % 50, "few", "fewer"))
    drawn, _ = draw(pd.DataFrame({"x": RANDOM.normal(size=ROWS), "y": y}), tmp_path, "y")
    assert not any("alone it reaches" in warning for warning in drawn.warnings)
