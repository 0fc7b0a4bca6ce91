from collections.abc import Callable
from typing import get_args

import pytest

from configs.errors import ConfigError
from configs.loading.error_messages import suggest
from configs.loading.loader import load
from configs.schema.features import Feature
from configs.schema.models import Model


def tags(union):
    """The tags of a union of sections, as the config spells them."""
    options, tag = get_args(union)
    return [get_args(option.model_fields[tag.discriminator].annotation)[0] for option in get_args(options)]


SECTION = "a section of keys and values"
FAMILIES = f"Known families: {', '.join(sorted(tags(Model)))}."


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "remedy"),
    [
        (
            "learning_rate",
            "learnign_rate",
            "10:training.optimizer.learnign_rate",
            "unknown key 'learnign_rate'",
            "Did you mean 'learning_rate'?",
        ),
        (
            "learning_rate",
            "x",
            "10:training.optimizer.x",
            "unknown key 'x'",
            "Known keys: name, learning_rate, schedule,",
        ),
        ("auc:", "auk:", "13:evaluation.thresholds.auk", "unknown key 'auk'", "Did you mean 'auc'?"),
        ("name: trips\n", "", "1:name", "missing key 'name'", "Add 'name' to the file."),
        (", hidden_units: [8, 4]", "", "7:model", "needs hidden_units, or depth and width", ""),
        (
            ", vocabulary: 100",
            "",
            "6:features.company",
            "takes one of vocabulary, hash and ids: how its values become numbers",
            "",
        ),
        (
            "family: dnn",
            "family: dnnn",
            "7:model.family",
            "unknown family 'dnnn'",
            f"{FAMILIES} Did you mean 'dnn'?",
        ),
        (
            "family: dnn, ",
            "",
            "7:model.family",
            "missing key 'family'",
            FAMILIES,
        ),
        (
            "kind: numeric",
            "kind: video",
            "5:features.miles.kind",
            "unknown kind 'video'",
            f"Known kinds: {', '.join(sorted(tags(Feature)))}.",
        ),
        ("{kind: numeric}", "numeric", "5:features.miles", f"should be {SECTION}, not 'numeric'", ""),
        ("  epochs: 3", "  epochs: three", "9:training.epochs", "should be a whole number, not 'three'", ""),
        ("  epochs: 3", "  epochs: 0", "9:training.epochs", "should be greater than 0, not 0", ""),
        ("  epochs: 3", "  epochs: true", "9:training.epochs", "should be a whole number, not true", ""),
        ("1e-3", ".inf", "10:training.optimizer.learning_rate", "should be a finite number, not Infinity", ""),
        ("name: trips", "name: 3", "1:name", "should be text, not 3", ""),
        ("[8, 4]", "8", "7:model.hidden_units", "should be a list, not 8", ""),
        ("[8, 4]", "[8, four]", "7:model.hidden_units.1", "should be a whole number, not 'four'", ""),
        ("[8, 4]", "[]", "7:model.hidden_units", "needs at least one entry", ""),
        ("path: rows.csv", "path: ''", "2:data.path", "may not be empty", ""),
        (
            "kind: numeric",
            "kind: numeric, scale: zscore",
            "5:features.miles.scale",
            "should be 'z_score', 'min_max', 'log' or 'none', not 'zscore'",
            "Did you mean 'z_score'?",
        ),
        (
            "kind: numeric",
            "kind: numeric, impute: mode",
            "5:features.miles.impute",
            "should be 'mean' or a number, not 'mode'",
            "",
        ),
        ("{min: 0.8}", "{}", "13:evaluation.thresholds.auc", "needs at least one of min, max, max_drop, max_rise", ""),
    ],
)
def test_a_mistake_is_told_plainly(
    write: Callable[..., str], old: str, new: str, where: str, what: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(old, new))
    assert told.value.where == f"file.yaml:{where}"
    assert told.value.what == what
    assert told.value.remedy.startswith(remedy)
    assert bool(told.value.remedy) == bool(remedy)


def test_every_mistake_is_told_in_the_order_of_lines(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError) as told:
        load(write("epochs: 3\n  optimizer: {learning_rate: 1e-3}", "epohcs: 3\n  optimizer: {learning_rate: 0}"))
    assert told.value.where == "file.yaml:9:training.epohcs"
    assert told.value.remedy == ""
    assert told.value.what.splitlines() == [
        "unknown key 'epohcs'. Did you mean 'epochs'?",
        "file.yaml:10:training.optimizer.learning_rate: should be greater than 0, not 0",
    ]


def test_a_long_value_is_cut(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError) as told:
        load(write("epochs: 3", f"epochs: {'x' * 5000}"))
    assert told.value.what == f"should be a whole number, not '{'x' * 56}..."


@pytest.mark.parametrize(("word", "answer"), [("epoch", "Did you mean 'epochs'?"), ("zzz", ""), (3, "")])
def test_suggest(word: object, answer: str) -> None:
    assert suggest(word, ["epochs", "seed"]) == answer
