from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.augmentation import Augmentation, Images


def test_what_is_not_named_does_not_change() -> None:
    images = Augmentation.model_validate({"images": {"flip": "both"}}).images
    assert images == Images(flip="both", rotation=0, crop=0, zoom=0, contrast=0, noise=0)


@pytest.mark.parametrize(
    "given",
    [
        {"images": {"flip": "sideways"}},
        {"images": {"rotation": 181}},
        {"images": {"crop": 1.0}},
        {"images": {"noise": -0.1}},
        {"texts": {}},
        {"sequences": {"jitter": -1}},
        {"numbers": {"jitter": -1}},
        {"mixup": 0},
        {"mixup": 0.2, "cutmix": 1.0},
    ],
)
def test_a_change_beyond_its_bounds_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        Augmentation.model_validate(given)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["model.augment={mixup: 0.2}"], "'company' is neither"),
        (["model.augment={cutmix: 1.0}"], "is none: take mixup"),
        (
            ["model.augment={mixup: 0.2}", "training.loss={name: hinge}", "features={miles: {kind: numeric}}"],
            "hinge judges one class a row",
        ),
    ],
)
def test_what_cannot_be_mixed_is_refused_by_name(write: Callable[..., str], overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(), overrides)
    assert said in told.value.what
