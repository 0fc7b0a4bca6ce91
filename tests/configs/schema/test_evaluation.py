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
