import pytest
from pydantic import ValidationError

from configs.schema.accelerators import Accelerator


@pytest.mark.parametrize(
    ("kind", "count", "topology"),
    [
        ("nvidia-l4", 2, None),
        ("tpu-v6e-slice", 8, "2x4"),
        ("tpu-v6e-slice", 4, "2x4"),
        ("tpu-v5-lite-podslice", 1, "1x1"),
        ("tpu-v5p-slice", 4, "2x2x1"),
        ("tpu-v4-podslice", 4, "4x4x12"),
    ],
)
def test_an_accelerator(kind: str, count: int, topology: str | None) -> None:
    assert Accelerator(type=kind, count=count, topology=topology).topology == topology


@pytest.mark.parametrize(
    ("kind", "count", "topology", "reason"),
    [
        ("nvidia-l4", 1, "2x4", "only a TPU has a topology, and 'nvidia-l4' is none"),
        ("tpu-v9", 1, "2x4", "unknown TPU 'tpu-v9'; known: tpu-v4-podslice"),
        ("tpu-v6e-slice", 1, None, "a topology of 'tpu-v6e-slice' is two powers of two, like '2x4'"),
        ("tpu-v6e-slice", 1, "2x3", "two powers of two, like '2x4', not '2x3'"),
        ("tpu-v6e-slice", 1, "0x4", "not '0x4'"),
        ("tpu-v6e-slice", 4, "2x2x1", "not '2x2x1'"),
        ("tpu-v6e-slice", 1, "2x", "not '2x'"),
        ("tpu-v5p-slice", 4, "2x4", "three of 1, 2 or multiples of 4, like '2x2x4', not '2x4'"),
        ("tpu-v5p-slice", 4, "2x2x3", "not '2x2x3'"),
        ("tpu-v6e-slice", 3, "2x4", "topology '2x4' has 8 chips, no multiple of count 3"),
        ("tpu-v6e-slice", 8, "2x2", "topology '2x2' has 4 chips, no multiple of count 8"),
        ("nvidia-l4", 0, None, "greater than 0"),
    ],
)
def test_an_impossible_accelerator_is_named(kind: str, count: int, topology: str | None, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Accelerator(type=kind, count=count, topology=topology)


@pytest.mark.parametrize(
    ("kind", "count", "topology", "is_a", "chips"),
    [("nvidia-l4", 2, None, "gpu", 2), ("tpu-v6e-slice", 4, "2x4", "tpu", 8), ("tpu-v5p-slice", 4, "2x2x1", "tpu", 4)],
)
def test_what_it_is(kind: str, count: int, topology: str | None, is_a: str, chips: int) -> None:
    accelerator = Accelerator(type=kind, count=count, topology=topology)
    assert (accelerator.kind, accelerator.chips) == (is_a, chips)
