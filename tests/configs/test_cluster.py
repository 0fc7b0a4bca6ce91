import pytest
from pydantic import ValidationError

from configs.cluster import Cluster, Schedule, Vertex


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


def test_vertex_is_told_of_a_secret_by_name() -> None:
    vertex = Vertex(project="p", location="europe-west4", metadata="projects/p/secrets/s/versions/latest")
    assert Cluster(vertex=vertex).vertex == vertex


@pytest.mark.parametrize("name", ["mysql://u:p@h/db", "projects/p/secrets/s", "projects//secrets/s/versions/1"])
def test_what_names_no_secret_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="names no secret, like 'projects/PROJECT/secrets/NAME/versions/latest'"):
        Vertex(project="p", location="l", metadata=name)
