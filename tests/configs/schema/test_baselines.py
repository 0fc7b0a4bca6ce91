from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load


@pytest.mark.parametrize(
    ("names", "what"),
    [
        ("[tree, mean]", "'mean' is no model of a binary label; what is: majority, logistic, tree, svm"),
        ("[tree, tree]", "names a model twice"),
    ],
)
def test_baselines_fit_the_kind_of_label(write: Callable[..., str], names: str, what: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write("model:", f"baselines: {names}\nmodel:"))
    assert told.value.what == what
