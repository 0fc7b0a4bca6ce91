from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.features import Categorical, Numeric
from configs.schema.label import Label


def test_markers_are_texts_whatever_yaml_takes_them_for(write: Callable[..., str]) -> None:
    config = load(write(), ["data.missing=[NA, null, -999, true, 1.5, '-', '']"])
    assert config.data.missing == ("NA", "null", "-999", "true", "1.5", "-", "")


def test_a_feature_has_its_own_spelling_or_none() -> None:
    assert Numeric(kind="numeric").missing is None
    assert Numeric.model_validate({"kind": "numeric", "missing": [], "thousands": ""}).missing == ()
    with pytest.raises(ValueError, match="takes neither trim nor lower"):
        Categorical(kind="categorical", ids=3, trim=True)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ({"kind": "regression", "lower": True}, "takes neither trim nor lower"),
        ({"kind": "binary", "unit": "$"}, "is no number, and takes no decimal, thousands or unit"),
        ({"kind": "multilabel", "classes": ["a", "b"], "missing": "drop"}, "may be blank"),
    ],
)
def test_a_label_is_spelled_as_its_kind_allows(label: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Label.model_validate({"name": "y", **label})


def test_a_class_is_no_marker_of_a_missing_value(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError, match="has the class '0', which data.missing takes for a missing value"):
        load(write(), ["data.missing=['0']"])
