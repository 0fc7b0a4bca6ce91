from collections.abc import Callable

import pytest
from pydantic import ValidationError

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.evaluation import Threshold


def test_a_metric_fits_the_kind_of_label(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError) as told:
        load(write("kind: binary", "kind: regression"))
    assert told.value.what == "'auc' does not judge a regression label; what does: rmse, mae, r2, calibration"


def test_a_threshold_has_a_range() -> None:
    assert Threshold(min=0.5, max=0.5).max == 0.5
    with pytest.raises(ValidationError, match="max_drop .* or max_rise"):
        Threshold(max_drop=0.1, max_rise=0.1)
    with pytest.raises(ValidationError, match="min 0.9 lies above max 0.8"):
        Threshold(min=0.9, max=0.8)
    with pytest.raises(ValidationError, match="needs at least one of"):
        Threshold()


FOLDS = "evaluation:\n  folds: 5"


def test_what_is_served_is_trained_on_all_rows_where_folds_judge(write: Callable[..., str]) -> None:
    assert not load(write()).refits
    folded = load(write("evaluation:", FOLDS))
    assert (folded.evaluation.folds, folded.training.refit, folded.refits) == (5, False, True)
    assert load(write("epochs: 3", "epochs: 3\n  refit: true")).refits


@pytest.mark.parametrize("folds", [1, 2, 21])
def test_folds_are_several_and_few(write: Callable[..., str], folds: int) -> None:
    with pytest.raises(ConfigError):
        load(write("evaluation:", f"evaluation:\n  folds: {folds}"))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"data.split.by": "day"}, "data.split.by"),
        ({"data.split.repeats": "true"}, "data.split.repeats"),
        ({"data.group": "company"}, "data.group"),
        (
            {
                "data.window": "{order: day}",
                "data.split.by": "day",
                "features.past": "{kind: sequence, length: 3, columns: [miles]}",
            },
            "data.split.by",
        ),
        (
            {
                "data.window": "{order: day}",
                "data.group": "company",
                "features.past": "{kind: sequence, length: 3, columns: [miles]}",
            },
            "data.window",
        ),
        ({"training.warm_start": "true"}, "training.warm_start"),
        ({"tuning": "{space: {training.batch_size: {choices: [16, 32]}}}"}, "tuning"),
    ],
)
def test_what_would_make_folds_dishonest_is_named(write: Callable[..., str], change: dict[str, str], key: str) -> None:
    changes = [f"{name}={value}" for name, value in change.items()]
    load(write(), changes)
    with pytest.raises(ConfigError) as told:
        load(write("evaluation:", FOLDS), changes)
    assert told.value.what.startswith(f"has folds, which do not go with {key}: ")


def test_the_rows_of_folds_are_held_in_memory(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError, match="leave training.cache out"):
        load(write("evaluation:", FOLDS), ["training.cache=none"])
    assert load(write("evaluation:", FOLDS), ["training.cache=memory"]).refits


def test_a_shadow_goes_by_spans_and_by_a_threshold_that_compares(write: Callable[..., str]) -> None:
    keys = ["evaluation.shadow.spans=3", "evaluation.thresholds.auc.max_drop=0.01"]
    with pytest.raises(ConfigError, match="data.path names none: write {SPAN} in it"):
        load(write(), keys)
    keys.append("data.path=spans/{SPAN}/*.csv")
    with pytest.raises(ConfigError, match="no threshold compares two models: add max_drop or max_rise"):
        load(write(), [*keys, "evaluation.thresholds={auc: {min: 0.8}}"])
    shadow = load(write(), keys).evaluation.shadow
    assert shadow is not None
    assert shadow.spans == 3


BACKTEST = "evaluation:\n  backtest: 3"


def test_what_is_served_is_trained_on_all_rows_where_origins_judge(write: Callable[..., str]) -> None:
    config = load(write("evaluation:", BACKTEST), ["data.split.by=day"])
    assert (config.evaluation.backtest, config.refits) == (3, True)
    assert config.columns[-1] == "origin"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ([], "has a backtest, and no data.split.by to put rows in time"),
        (
            ["data.split.by=day", "training.warm_start=true"],
            "has a backtest, which does not go with training.warm_start",
        ),
        (["data.split.by=day", "training.cache=none"], "has a backtest, whose rows are held in memory"),
        (["data.split.by=day", "data.weight=origin"], "which calls its origins `origin`, as a column here is"),
        (["data.split.by=day", "evaluation.slices=[[origin]]"], "which slices by `origin` itself"),
        (["data.split.by=day", "evaluation.backtest=1"], "greater than or equal to 2"),
    ],
)
def test_what_a_backtest_does_not_go_with_is_named(write: Callable[..., str], changes: list[str], what: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write("evaluation:", BACKTEST), changes)
    assert what in told.value.what
