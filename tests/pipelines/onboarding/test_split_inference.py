import numpy as np
import pandas as pd
import pytest

from tests.pipelines.onboarding.conftest import ROWS, draw, of


@pytest.mark.parametrize(
    ("rare", "rows", "parts", "stratify"),
    [(3, 4, (6, 2, 2), True), (20, 4, (6, 2, 2), True), (200, 4, (6, 2, 2), False), (400, 4, (8, 1, 1), False)],
)
def test_a_rare_class_is_divided_alike_and_said_to_prove_little(tmp_path, rare, rows, parts, stratify):
    label = np.arange(rows * ROWS) % (rows * ROWS // rare) == 0
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=len(label)), "y": label.astype(int)})
    drawn, config = draw(frame, tmp_path, "y")
    assert (tuple(config.data.split.parts.values()), config.data.split.stratify) == (parts, stratify)
    assert config.data.split.repeats is False
    assert any("a model is judged by about " in warning for warning in drawn.warnings) == stratify


@pytest.mark.parametrize(("different", "repeats"), [(20, True), (200, True), (ROWS, False)])
def test_equal_rows_part_where_few_differ(tmp_path, different, repeats):
    frame = of("no", "yes").head(different).sample(ROWS, replace=different < ROWS, random_state=0)
    assert draw(frame, tmp_path, "y")[1].data.split.repeats == repeats


def test_groups_stay_whole(tmp_path):
    frame = of("no", "yes", family=[number // 100 for number in range(ROWS)])
    split = draw(frame, tmp_path, "y", group="family")[1].data.split
    assert (split.stratify, split.repeats) == (False, False)
