import pytest

from configs.errors import ConfigError
from configs.schema.data import Split
from pipelines.onboarding.draft_text import align, list_features, list_left_out, list_thresholds, render, spell_split
from pipelines.onboarding.feature_guess import Guess


def test_comments_stand_below_one_another_but_for_lines_that_are_too_long():
    long = "x" * 57
    assert align({"a: 1": "one", "abc: 2": "two", long: "far"}) == ["a: 1    # one", "abc: 2  # two", f"{long}  # far"]


def test_features_and_what_is_left_out_are_lines_of_the_config():
    number, dated = Guess("0 to 9", "numeric"), Guess("days", "timestamp", {"format": "%d.%m.%Y", "parts": ["month"]})
    assert list_features({"a b": number, "on": dated}) == [
        "a b: {kind: numeric}  # 0 to 9",
        '"on": {kind: timestamp, format: "%d.%m.%Y", parts: [month]}  # days',
    ]
    left_out = {"id": Guess("an identifier", offer=number), "blob": Guess("lists"), "": Guess("has no name")}
    assert list_left_out(left_out) == [
        "id: {kind: numeric}  # an identifier",
        "(blob)  # lists",
        "((blank))  # has no name",
    ]


def test_bars_and_splits_are_sections():
    assert list_thresholds([("auc", {"min": 0.59, "max_drop": 0.02}, "chance")]) == [
        "auc: {min: 0.59, max_drop: 0.02}  # chance"
    ]
    assert spell_split(Split(train=6, eval=2, test=2, repeats=True)) == "{train: 6, eval: 2, test: 2, repeats: true}"


def test_what_is_no_config_is_never_handed_out():
    values = dict.fromkeys(("schema", "gate", "left_out", "slices")) | {"root": "workspace"}
    told = {"file": "a.yaml", "source": "a.csv", "rows": "9 rows", "name": "a b", "data": {}, "marked": ""}
    rest = {"window": "{}", "split": "{}", "label": "y", "options": (), "features": (), "season": 1, "batch_size": 1}
    with pytest.raises(ConfigError, match="name"):
        render("series", **values, **told, **rest, thresholds=())
