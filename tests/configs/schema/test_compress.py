from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["compress={}"], "needs lite, prune, or both"),
        (["compress={prune: 0.5}", "training.refit=true"], "compress goes with no training.refit"),
        (["compress={lite: int8}", "model={family: boosted_trees}", "training={}"], "model.family is boosted_trees"),
        (["evaluation.budgets={bytes: 9}"], "evaluation.budgets are of a LiteRT file: add compress"),
    ],
)
def test_what_cannot_be_made_small_is_refused(write: Callable[..., str], overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(write(), overrides)
