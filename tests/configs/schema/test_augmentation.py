from typing import Any

import pytest
from pydantic import ValidationError

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
    ],
)
def test_a_change_beyond_its_bounds_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        Augmentation.model_validate(given)
