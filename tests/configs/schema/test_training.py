from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ("{loss: {name: mse}}", "the loss mse does not fit a binary label; what does: cross_entropy, hinge"),
        ("{metrics: [rmse]}", "'rmse' tells nothing of a binary label; what does: auc, auc_pr, accuracy, precision"),
        ("{class_weights: {maybe: 2.0}}", "class_weights names 'maybe', which is no class; the classes are 0, 1"),
    ],
)
def test_what_does_not_fit_the_label_is_refused_by_name(write: Callable[..., str], training: str, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(), [f"training={training}"])
    assert said in told.value.what


def test_a_number_has_no_class_weights(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError, match="which a regression label does not have"):
        load(write(), ["label.kind=regression", "training={class_weights: balanced}"])
