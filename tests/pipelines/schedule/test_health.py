import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from configs.errors import ConfigError
from configs.home import Home
from pipelines.schedule.daemon import Daemon, Pipeline
from pipelines.schedule.health import serve_health

NOON = datetime(2026, 6, 2, 12, tzinfo=timezone.utc)


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def daemon(clock: Clock) -> Daemon:
    return Daemon([], None, 1, clock)


@pytest.fixture
def url(daemon: Daemon) -> Iterator[str]:
    server = serve_health(daemon, "127.0.0.1:0")
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_is_well_while_it_looks_after_its_pipelines(url: str, daemon: Daemon, clock: Clock) -> None:
    assert get(f"{url}/healthz") == (200, "ok\n")
    clock.now = NOON + timedelta(minutes=2)
    assert get(f"{url}/healthz") == (503, "It last looked at its pipelines at 2026-06-02T12:00:00+00:00.\n")
    daemon.step()
    assert get(f"{url}/healthz")[0] == 200


def test_it_tells_how_each_pipeline_stands(url: str, daemon: Daemon) -> None:
    for each in (
        Pipeline(Path("/c/taxi.yaml"), "taxi", Home(Path("/w/taxi")), ask_at=NOON, runs={0: 4, 1: 2}),
        Pipeline(Path("/c/odd.yaml"), broken=True),
        Pipeline(Path("/c/none.yaml")),  # it has no schedule
    ):
        daemon.pipelines[each.path] = each
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(get(f"{url}/metrics")[1])
        for sample in family.samples
    }
    assert found == {
        ("millrace_schedule_broken", "taxi"): 0,
        ("millrace_schedule_broken", "odd"): 1,
        ("millrace_schedule_working", "taxi"): 0,
        ("millrace_schedule_working", "odd"): 0,
        ("millrace_schedule_next_ask_timestamp_seconds", "taxi"): NOON.timestamp(),
        ("millrace_schedule_runs_total", "taxi", "0"): 4,
        ("millrace_schedule_runs_total", "taxi", "1"): 2,
    }


def test_there_is_nothing_else(url: str) -> None:
    assert get(url) == (404, "There are /healthz and /metrics.\n")


@pytest.mark.parametrize("address", ["", "8080x", "localhost:99999", "nowhere.invalid:8080"])
def test_where_it_cannot_listen_is_named(daemon: Daemon, address: str) -> None:
    with pytest.raises(ConfigError) as raised:
        serve_health(daemon, address)
    assert raised.value.where == f"--listen {address}"
