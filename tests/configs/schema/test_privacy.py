from collections.abc import Callable

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.models import Model
from configs.schema.privacy import Budget, Code, Key
from configs.schema.training import Training

FEATURES = (
    "{phone: {kind: categorical, vocabulary: 9}, age: {kind: numeric}, note: {kind: text}, 'c_*': {kind: numeric}}"
)


def privacy(columns: str) -> str:
    return f"privacy={{columns: {columns}}}"


def test_a_mask_is_found_by_name_and_by_pattern(write: Callable[..., str]) -> None:
    columns = "{email: drop, phone: {hash: {key_env: KEY}}, 'a*': {bin: 10}, c_3: {bin: 2}, note: redact}"
    config = load(write(), [f"features={FEATURES}", privacy(columns)])
    found = {name: config.find_mask(name) for name in ("email", "phone", "age", "c_3", "c_4", "note")}
    assert found == {
        "email": "drop",
        "phone": Code(hash=Key(key_env="KEY")),
        "age": Code(bin=10),
        "c_3": Code(bin=2),
        "c_4": None,
        "note": "redact",
    }


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("{age: drop}", "drop of 'age': 'age' is named elsewhere"),
        ("{tipped: {bin: 1}}", "bin of 'tipped': 'tipped' is needed as it is"),
        (
            "{phnoe: {hash: {key_env: KEY}}}",
            "hash of 'phnoe', which is no feature, group or slice; did you mean 'phone'",
        ),
        ("{age: {hash: {key_env: KEY}}}", "hash of 'age', which is not a categorical feature"),
        ("{phone: {bin: 10}}", "bin of 'phone', which is not a numeric feature"),
        ("{c_3: redact}", "redact of 'c_3', which is not a feature of kind text or categorical"),
        ("{age: {bin: 0}}", "bin: should be greater than 0"),
        ("{age: {}}", "takes one of hash and bin"),
        ("{phone: {hash: {key: secret}}}", "hash.key: unknown key 'key'"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(write: Callable[..., str], columns: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(), [f"features={FEATURES}", privacy(columns)])
    assert said in str(error.value)


LARGE = "training.batch_size=1024"


def test_a_budget_counts_the_trials_of_a_search(write: Callable[..., str]) -> None:
    search = "tuning={space: {training.optimizer.learning_rate: {min: 0.1, max: 0.2}}}"
    assert load(write(), []).budget is None
    assert load(write(), ["privacy.epsilon=2", LARGE]).budget == Budget(epsilon=2, delta="auto", clip=1)
    found = load(write(), ["privacy={epsilon: 2, delta: 1e-5, clip: 0.5}", LARGE, search, "tuning.trials=4"]).budget
    assert found == Budget(epsilon=2, delta=1e-5, clip=0.5, trainings=5)
    counted = load(write(), ["privacy.epsilon=2", LARGE, search]).budget
    assert counted and counted.trainings == 21


def test_rows_are_drawn_from_memory_on_one_device(write: Callable[..., str]) -> None:
    config = load(write(), ["privacy.epsilon=2", LARGE])
    assert config.budget
    suited = config.budget.suit(config.training)
    assert (suited.cache, suited.replicas, suited.jit_compile) == ("memory", 1, False)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["training.batch_size=auto"], "needs a training.batch_size of 32 or more"),
        (["training.batch_size=16"], "needs a training.batch_size of 32 or more"),
        (["privacy.epsilon=null", "privacy.clip=2"], "has delta or clip, which are of epsilon"),
        (["privacy.delta=1"], "delta"),
        (["training.warm_start=true"], "training.warm_start: what the version in service has spent is not counted"),
        (["training.teacher={version: 1}"], "training.teacher: what it knows of rows is not counted"),
        (["training.refit=true"], "training.refit: rows would be learnt from twice"),
        (["training.jit_compile=true"], "training.jit_compile: no two batches are of one size"),
        (["evaluation.folds=5", "data.split.repeats=false"], "evaluation.folds: rows would be learnt from several"),
        (["training.precision=mixed_float16"], "training.precision: leave it out"),
        (["training.steps_per_execution=5"], "training.steps_per_execution: leave it out"),
        (["training.cache=none"], "draws rows from memory, on one device"),
        (["training.replicas=2"], "draws rows from memory, on one device"),
        (["compress={lite: int8}"], "compress.lite int8, which measures rows: take float16"),
        (["model={family: dnn, hidden_units: [4], batch_norm: true}"], "model.batch_norm: what it keeps of a batch"),
        (
            [
                "features={fare: {kind: numeric}}",
                "model={family: linear, augment: {mixup: 0.4}}",
                "evaluation.slices=[]",
            ],
            "model.augment.mixes: a row that is learnt would be made of two",
        ),
        (["tuning={search: hyperband, space: {model.l2: {min: 0.1, max: 0.2}}}"], "counts every trial"),
        (["tuning={space: {training.epochs: {min: 1, max: 2}}}"], "none of batch_size, epochs, steps"),
    ],
)
def test_what_would_spend_uncounted_is_refused(write: Callable[..., str], overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(), ["privacy.epsilon=2", LARGE, *overrides])
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("{family: boosted_trees}", "model.family boosted_trees: trees are grown without noise"),
        ("{family: rnn}", "model.family rnn: recurrent layers have no gradient of each row by itself"),
    ],
)
def test_families_whose_rows_cannot_be_told_apart_are_refused(model: str, said: str) -> None:
    """By what a trial of a search is held to as well."""
    family = TypeAdapter(Model).validate_python(YAML(typ="safe", pure=True).load(model))
    with pytest.raises(ValueError, match=said):
        Budget(epsilon=2, delta="auto", clip=1).check({"model": family, "training": Training(batch_size=64)})
