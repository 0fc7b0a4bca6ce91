from typing import get_args

import pytest
from pydantic import ValidationError

from configs.accelerators import Accelerator
from configs.cluster import Schedule
from configs.resources import Resources, Step
from pipelines.graph import IDS


def test_resources_know_every_node() -> None:
    assert get_args(Step) == ("default", *IDS)


@pytest.mark.parametrize("cron", ["0 3 * * 1", "*/15 0-6 1,15 * MON-FRI"])
def test_a_schedule(cron: str) -> None:
    schedule = Schedule(cron=cron, time_zone="Europe/Zurich")
    assert (schedule.cron, schedule.time_zone) == (cron, "Europe/Zurich")
    assert Schedule(cron=cron).time_zone == "UTC"


@pytest.mark.parametrize(
    ("cron", "reason"),
    [
        ("0 3 * *", "'0 3 \\* \\*' is no cron expression of five fields"),
        ("0 0 3 * * 1", "of five fields"),
        ("@daily", "of five fields"),
        ("61 * * * *", "'61 \\* \\* \\* \\*' is no cron expression: bad minute"),
        ("0 25 * * *", "bad hour"),
        ("0 0 31 2 *", "bad day-of-month"),
    ],
)
def test_a_bad_cron_is_named(cron: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Schedule(cron=cron)


@pytest.mark.parametrize("time_zone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_bad_time_zone_is_named(time_zone: str) -> None:
    with pytest.raises(ValidationError, match=f"'{time_zone}' is no time zone"):
        Schedule(cron="0 3 * * 1", time_zone=time_zone)


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


@pytest.mark.parametrize(("given", "cpu"), [("2", "2"), (2, "2"), (0.5, "0.5"), ("500m", "500m")])
def test_cpus(given: object, cpu: str) -> None:
    assert Resources.model_validate({"cpu": given}).cpu == cpu


@pytest.mark.parametrize("memory", ["8Gi", "512Mi", "1.5G", "128974848k"])
def test_memory(memory: str) -> None:
    assert Resources(memory=memory).memory == memory


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"cpu": "2Gi"}, "'2Gi' is no number of CPUs"),
        ({"cpu": "0"}, "'0' is no number of CPUs"),
        ({"cpu": -1}, "'-1' is no number of CPUs"),
        ({"memory": "8GB"}, "'8GB' is no amount of memory"),
        ({"memory": "0Gi"}, "'0Gi' is no amount of memory"),
        ({"memory": 8}, "'8' is no amount of memory"),
        ({"retries": -1}, "greater than or equal to 0"),
        ({"gpu": 1}, "Extra inputs are not permitted"),
    ],
)
def test_an_impossible_machine_is_named(values: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Resources.model_validate(values)
