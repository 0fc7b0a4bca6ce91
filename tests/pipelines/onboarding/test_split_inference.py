import numpy as np
import pandas as pd
import pytest

from configs.schema.data import Split
from pipelines.onboarding.split_inference import choose_folds
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


@pytest.mark.parametrize(
    ("quality", "rows", "split", "groups", "folds"),
    [
        ("good", 1999, {}, [], 5),
        ("best", 20, {"stratify": True}, [], 5),
        ("fast", 1999, {}, [], None),
        ("good", 2000, {}, [], None),
        ("good", 1999, {"repeats": True}, [], None),
        ("good", 1999, {}, ["family"], None),
    ],
)
def test_few_rows_all_judge_where_folds_may_divide_them(quality, rows, split, groups, folds):
    assert choose_folds(quality, rows, Split(**split), groups) == folds


def test_the_bar_and_its_doubts_know_how_many_rows_judge(tmp_path):
    frame = of("no", "yes", "no", "no", "no", "no")
    drawn = {quality: draw(frame, tmp_path, "y", quality=quality) for quality in ("fast", "good")}
    (few, _), (all_, config) = drawn.values()
    assert "auc: {min: 0.62, max_drop: 0.02}" in few.text
    assert "auc: {min: 0.55, max_drop: 0.01}" in all_.text
    assert any("a model is judged by about 20 rows of `yes`" in warning for warning in few.warnings)
    assert not any("a model is judged by" in warning for warning in all_.warnings)
    assert "\nevaluation:\n  folds: 5  # few rows: all judge, " in all_.text
    assert config.data.split.stratify


def test_groups_stay_whole(tmp_path):
    frame = of("no", "yes", family=[number // 100 for number in range(ROWS)])
    split = draw(frame, tmp_path, "y", group="family")[1].data.split
    assert (split.stratify, split.repeats) == (False, False)
