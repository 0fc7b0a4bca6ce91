import pytest
from pydantic import TypeAdapter, ValidationError

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.features import Categorical, Feature, Image, Steps, list_columns
from configs.schema.training import Loss

YAML = """\
name: sales
data: {format: csv, path: rows.csv, DATA}
label: {name: sales, kind: regression}
features: {FEATURES}
model: {family: linear}
training: {}
evaluation: {thresholds: {rmse: {max: 1}}}
"""
PAST = "past: {kind: sequence, length: 7, columns: sales}"
TIME = "window: {order: day}, split: {by: day}"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"kind": "categorical"}, "takes one of vocabulary, hash and ids"),
        ({"kind": "categorical", "hash": 3, "ids": 4}, "takes one of vocabulary, hash and ids"),
        ({"kind": "categorical", "hash": 3, "oov": 4}, "takes oov beside a vocabulary only"),
        ({"kind": "sequence", "length": 3, "ids": 4, "width": 2}, "takes neither columns nor width nor scale"),
        ({"kind": "sequence", "length": 3, "ids": 4, "columns": "a"}, "takes neither columns nor width nor scale"),
        ({"kind": "image", "height": 3, "width": 4, "channels": 2}, "Input should be 1 or 3"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, what):
    with pytest.raises(ValidationError, match=what):
        TypeAdapter(Feature).validate_python(options)


@pytest.mark.parametrize("feature", [Categorical(kind="categorical", ids=3), Steps(kind="sequence", length=3, ids=4)])
def test_a_feature_is_the_same_after_its_journey_as_json(feature):
    assert TypeAdapter(Feature).validate_json(feature.model_dump_json()) == feature


def test_one_pattern_is_a_list_of_one():
    image = TypeAdapter(Feature).validate_python({"kind": "image", "height": 2, "width": 3, "columns": "pixel_*"})
    assert (list_columns(image), image.size) == (("pixel_*",), 18)
    assert list_columns(Image(kind="image", height=2, width=3)) == ()


def read(tmp_path, data, features):
    (tmp_path / "sales.yaml").write_text(YAML.replace("DATA", data).replace("FEATURES", features))
    return load(tmp_path / "sales.yaml")


def test_in_a_window_the_past_of_the_label_is_a_feature(tmp_path):
    config = read(tmp_path, TIME, PAST)
    assert config.columns == ("past", "sales")
    assert config.data.split.parts == {"train": 8, "eval": 1, "test": 1}
    assert (config.data.window.horizon, config.data.split.by) == (1, "day")


@pytest.mark.parametrize(
    ("data", "features", "what"),
    [
        ("", PAST, "'past' is made of the label, which only a data.window allows"),
        (TIME, "sun: {kind: numeric}", "need one of kind sequence with columns, since data.window is set"),
        ("window: {order: day}", PAST, "of a window needs split.by or a group"),
        ("group: shop, split: {by: day}", "sun: {kind: numeric}", "splits by time or by group, not by both"),
        ("window: {order: day, horizon: 1..3}, split: {by: day}", PAST, "horizon: {kind: categorical, ids: 4}"),
        ("window: {order: day, horizon: 3..1}, split: {by: day}", PAST, "horizon"),
        ("window: {order: day, step: 1 fortnight}, split: {by: day}", PAST, "step"),
        ('split: {format: "%Y"}', "sun: {kind: numeric}", "has split.format, but no split.by"),
    ],
)
def test_a_window_that_cannot_be_is_refused(tmp_path, data, features, what):
    with pytest.raises(ConfigError, match=what):
        read(tmp_path, data, features)


@pytest.mark.parametrize(
    ("given", "horizons", "told"),
    [("3", (3,), None), ("[3]", (3,), "horizon"), ("1..3", (1, 2, 3), "horizon"), ("[7, 1, 7]", (1, 7), "horizon")],
)
def test_a_window_has_one_horizon_or_several_that_are_told(tmp_path, given, horizons, told):
    features = f"{PAST}, horizon: {{kind: categorical, ids: 8}}"
    window = read(
        tmp_path, f"window: {{order: day, step: 2 weeks, horizon: {given}}}, split: {{by: day}}", features
    ).data.window
    assert (window.horizons, window.told, window.step) == (horizons, told, "2 weeks")


QUANTILES = {"name": "sales", "kind": "regression", "quantiles": (0.1, 0.5, 0.9)}


def test_quantiles_are_learnt_by_the_pinball_loss_and_judged_as_such(tmp_path):
    config = read(tmp_path, "", "sun: {kind: numeric}")
    given = config.model_dump(mode="json") | {"label": QUANTILES}
    made = Config.model_validate(given | {"evaluation": {"thresholds": {"pinball": {"max": 1}, "rmse": {"max": 1}}}})
    assert made.training.loss == Loss(name="pinball", quantiles=(0.1, 0.5, 0.9))
    assert Config.model_validate_json(made.model_dump_json()) == made
    for label, what in (
        ({"quantiles": (0.1, 0.9, 0.5)}, "quantiles that rise, with 0.5 in the middle"),
        ({"quantiles": (0.1, 0.2, 0.5)}, "quantiles that rise, with 0.5 in the middle"),
        ({"kind": "binary"}, "of kind binary is no number, and has no quantiles"),
    ):
        with pytest.raises(ValidationError, match=what):
            Config.model_validate(given | {"label": QUANTILES | label})
    for training, what in (
        ({"loss": {"name": "mae"}}, "the loss mae learns one number"),
        ({"loss": {"name": "pinball", "quantiles": [0.5]}}, "and the label others"),
        ({"metrics": ["rmse"]}, "'rmse' tells of one number"),
    ):
        with pytest.raises(ValidationError, match=what):
            Config.model_validate(given | {"training": training})
    tuning = {"search": "random", "trials": 2, "objective": "rmse", "space": {"model.l2": {"choices": [0.0, 0.1]}}}
    with pytest.raises(ValidationError, match="'rmse' is of one number"):
        Config.model_validate(given | {"training": {}, "tuning": tuning})
    with pytest.raises(ValidationError, match="name them in label.quantiles"):
        Config.model_validate(
            given | {"label": QUANTILES | {"quantiles": None}, "training": {"loss": {"name": "pinball"}}}
        )
    with pytest.raises(ValidationError, match="'coverage' does not judge a regression label"):
        read(tmp_path, "", "sun: {kind: numeric}").model_validate(
            config.model_dump(mode="json") | {"evaluation": {"thresholds": {"coverage": {"min": 0.5}}}}
        )


@pytest.mark.parametrize(
    ("features", "season", "what"),
    [
        ("sun: {kind: numeric}", 1, "no feature is a sequence of numbers"),
        (PAST, 8, "a season of 8 steps, and the first sequence has 7"),
    ],
)
def test_an_autoregression_has_a_past_that_holds_a_season(tmp_path, features, season, what):
    given = read(tmp_path, TIME if features == PAST else "", features).model_dump(mode="json")
    with pytest.raises(ValidationError, match=what):
        Config.model_validate(given | {"model": {"family": "autoregression", "season": season}})
