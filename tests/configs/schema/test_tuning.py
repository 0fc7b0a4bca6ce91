"""What may be searched: keys that decide what is learnt, and values that fit them."""

from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.tuning import Space, replace

RATE = "training.optimizer.learning_rate: {min: 1e-4, max: 1e-1, scale: log}"


def tuned(write: Callable[..., str], space: str, *others: str) -> Config:
    text = "".join(f"  {line}\n" for line in [*others, "space:", f"  {space}"])
    return load(write("evaluation:", f"tuning:\n{text}evaluation:"))


def test_a_space(write: Callable[..., str]) -> None:
    config = tuned(write, RATE)
    assert config.tuning
    assert config.tuning.space == {"training.optimizer.learning_rate": Space(min=1e-4, max=0.1, scale="log")}
    assert (config.tuning.search, config.tuning.trials, config.tuning.objective) == ("bayesian", None, None)
    assert Config.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    "space",
    [
        "training.batch_size: {min: 32, max: 512, step: 32}",
        "training.batch_size: {choices: [32, auto]}",
        "training.optimizer: {choices: [{name: adam}, {name: momentum, momentum: 0.9}]}",
        "training.loss.label_smoothing: {choices: [null, 0.1]}",
        "model.hidden_units: {choices: [[8], [8, 4]]}",
        "model: {choices: [{family: linear}, {family: dnn, hidden_units: [8]}]}",
        "model.dropout: {min: 0, max: 0.5}",
    ],
)
def test_spaces_of_every_type(write: Callable[..., str], space: str) -> None:
    if "loss" in space:
        path = write("  epochs: 3", "  epochs: 3\n  loss: {name: cross_entropy}")
        config = load(path, [f"tuning={{space: {{{space}}}}}"])
    else:
        config = tuned(write, space)
    assert config.tuning
    assert Config.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("space", "what"),
    [
        ("training.rate: {min: 1, max: 2}", "1 does not fit: unknown key 'rate'"),
        ("training.batch_size: {min: 0.5, max: 2}", "0.5 does not fit: should be"),
        ("model.dropout: {min: 0.1, max: 1.5}", "1.5 does not fit: should be less than 1, not 1.5"),
        ("model.hidden_units: {choices: [[8], []]}", r"\[\] does not fit: needs at least one entry"),
        ("model: {choices: [{family: linear}, {family: cn}]}", "does not fit: unknown family 'cn'"),
        ("training.class_weights: {choices: [balanced, {x: 2.0}]}", "does not fit: class_weights names 'x'"),
        ("evaluation.slices: {choices: [[], []]}", "'evaluation.slices' is no key of model or training"),
        ("training: {choices: [{}, {}]}", "'training' is no key of"),
        ("training.seed: {min: 1, max: 9}", "'training.seed' does not change what is learnt"),
        ("model: {choices: [{family: custom, module: a.py}, {family: linear}]}", "of a custom model its options"),
        ("model.dropout: {min: 0.5, max: 0.1}", "min 0.5 does not lie below max 0.1"),
        ("model.dropout: {min: 0.5}", "needs min and max, or choices"),
        ("model.dropout: {min: 0.1, choices: [0.1, 0.2]}", "takes choices, or min and max"),
        ("model.dropout: {min: 0.0, max: 0.1, scale: log}", "of scale log begins above 0"),
        ("{model: {choices: [{}, {}]}, model.dropout: {min: 0, max: 1}}", "'model.dropout' is a part of 'model'"),
    ],
)
def test_a_key_or_value_that_does_not_fit_is_refused(write: Callable[..., str], space: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as told:
        tuned(write, space)
    assert told.value.where.startswith("file.yaml:1")
    assert "tuning.space" in told.value.where


@pytest.mark.parametrize(
    ("others", "what"),
    [
        (["search: hyperband", "trials: 3"], "trials belongs to random and bayesian, not to hyperband"),
        (["search: random", "factor: 2"], "factor belongs to hyperband, not to random"),
        (["objective: rmse"], "'rmse' tells nothing of a binary label; what does: loss, auc"),
    ],
)
def test_a_search_that_does_not_fit_is_refused(write: Callable[..., str], others: list[str], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        tuned(write, RATE, *others)


@pytest.mark.parametrize(
    ("override", "what"),
    [("training.steps=10", "needs training.epochs"), ("training.warm_start=true", "set training.warm_start to false")],
)
def test_a_search_fits_the_training(write: Callable[..., str], override: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        load(write(), [f"tuning={{search: hyperband, space: {{{RATE}}}}}", override])


def test_values_are_put_at_their_keys_and_nowhere_else() -> None:
    data = {"a": {"b": 1, "c": None}, "d": 2}
    assert replace(data, {"a.b": 5, "a.c.x": 6, "d": [7]}) == {"a": {"b": 5, "c": {"x": 6}}, "d": [7]}
    assert data == {"a": {"b": 1, "c": None}, "d": 2}


def test_trees_are_searched_by_whole_trainings_and_by_keys_that_they_heed(write: Callable[..., str]) -> None:
    trees = ["model={family: boosted_trees}", "training={}"]
    load(write(), [*trees, "tuning={space: {model.learning_rate: {min: 0.01, max: 0.3, scale: log}}}"])
    with pytest.raises(ConfigError, match="by hyperband trains for fewer epochs at first, of which boosted_trees has"):
        load(write(), [*trees, "tuning={search: hyperband, space: {model.max_iter: {min: 10, max: 300}}}"])
    with pytest.raises(ConfigError, match="boosted_trees does not heed epochs"):
        load(write(), [*trees, "tuning={space: {training.epochs: {min: 1, max: 9}}}"])
