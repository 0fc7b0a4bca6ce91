import numpy as np
import pandas as pd
import pytest

from configs.schema.features import Boolean, Categorical, Timestamp, Words
from tests.pipelines.onboarding.conftest import NUMERIC, ROWS, bunch, draw


@pytest.mark.parametrize(
    ("column", "feature", "reason"),
    [
        ("store_id", Categorical(kind="categorical", vocabulary=11), "11 values, 1 to 11"),
        ("signup", Timestamp(kind="timestamp", parts=("day_of_week", "month", "year")), "2021-01-01 to 2023-06-30"),
        ("seen", Timestamp(kind="timestamp", format="%d.%m.%Y %H:%M"), "2024-01-01 to 2024-04-30"),
        ("active", Boolean(kind="boolean"), "false or true"),
        ("vip", Boolean(kind="boolean"), "0 or 1"),
        ("plan", Categorical(kind="categorical", vocabulary=3), "3 values, 1.0 % missing"),
        ("zip", Categorical(kind="categorical", vocabulary=3), "3 values"),
        ("tract", Categorical(kind="categorical", vocabulary=3), None),
        ("fee", NUMERIC, None),
        ("age", NUMERIC, "18 to 89"),
        ("population", NUMERIC, None),
        ("income", NUMERIC, None),
        ("children", Categorical(kind="categorical", vocabulary=5), "5 values, 0 to 4"),
        ("review", Words(kind="text", vocabulary=50, length=18), "11 words on average"),
    ],
)
def test_kinds_follow_from_what_the_cells_hold(mixed, column, feature, reason):
    drawn, config = mixed
    assert config.features[column] == feature
    assert reason in (None, drawn.features[column].reason)
    [line] = [line for line in drawn.text.splitlines() if line.startswith(f"  {column}: {{")]
    assert line.endswith(f"  # {drawn.features[column].reason}")


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("customer", "an identifier: 600 texts in 600 rows"),
        ("row", "an identifier: 600 numbers in 600 rows"),
        ("account_id", "an identifier by its name, of 120 values"),
        ("country", "`DE` in every row"),
        ("nothing", "empty in every row"),
        ("note", "filled in 4 of 600 rows only"),
        ("left", "gives the label away: each of its values stands for one of the label's"),
        ("closed", "gives the label away: it is blank where the label is `no`, and only there"),
    ],
)
def test_what_cannot_help_is_left_out_and_named(mixed, column, reason):
    drawn, config = mixed
    assert column not in config.features
    assert drawn.left_out[column].reason == reason
    assert f"  #   {column} " in drawn.text


def test_many_columns_alike_become_one_pattern_with_the_constant_ones_among_them(tmp_path):
    drawn, config = draw(bunch("digits"), tmp_path, "target")
    assert config.features == {"pixel_*": NUMERIC}
    assert drawn.features["pixel_*"].reason == "64 columns, 0 to 16"
    assert drawn.left_out == {}


@pytest.mark.parametrize(
    ("others", "patterns"),
    [
        ({}, ["answer*"]),
        ({"answer_text": ["some", "text"]}, ["answer[0-9]*", "answer_text"]),
        ({"answer99": ["some", "text"]}, ["answer*"]),
        ({"answer99": ["2024-01-01", "2024-05-31"]}, []),
    ],
)
def test_a_pattern_matches_no_column_of_another_kind(tmp_path, others, patterns):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({f"answer{number}": random.integers(1, 6, ROWS) for number in range(1, 21)})
    frame = frame.assign(
        y=random.integers(0, 2, ROWS), **{name: values * (ROWS // 2) for name, values in others.items()}
    )
    features = list(draw(frame, tmp_path, "y")[1].features)
    assert features == patterns if patterns else len(features) == 21
