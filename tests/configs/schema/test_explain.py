from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load


def test_a_model_is_explained_unless_the_config_says_no(write: Callable[..., str]) -> None:
    told = load(write()).explain
    assert told is not None
    assert told.seconds == 1.5
    assert load(write("model:", "explain: null\nmodel:")).explain is None


def test_there_is_some_time_for_it(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError, match="greater than 0"):
        load(write("model:", "explain: {seconds: 0}\nmodel:"))
