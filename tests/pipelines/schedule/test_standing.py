import json
from datetime import datetime, timedelta, timezone

import pytest

from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.evaluation import Shadow
from pipelines.schedule import wishes
from pipelines.schedule.standing import TREND, Standing, describe_standing, tell_age
from tests.pipelines.schedule.records import leave_record
from tests.sandbox import Sandbox

NOON = datetime(2026, 6, 2, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@pytest.fixture
def config(fresh: Sandbox) -> Config:
    return load(fresh.config, ["schedule={cron: 0 3 * * *, when: {new_rows: 10000, age: 30d}}"])


def publish(config: Config, *figures: float) -> None:
    """Leaves a history whose last version was published three days ago."""
    lines = [
        {"number": number, "at": (NOON - 3 * DAY).isoformat(), "metrics": {"auc": figure, "log_loss": 0.2}}
        for number, figure in enumerate(figures, 1)
    ]
    config.home.root.mkdir(parents=True, exist_ok=True)
    config.home.history.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_what_never_ran(config: Config) -> None:
    standing = describe_standing(config, NOON)
    assert (standing.version, standing.last_run, standing.spark, tell_age(standing)) == (None, None, "", "")
    assert (standing.next, standing.waits) == ("2026-06-03T03:00:00+00:00", "new_rows 10,000, age 30d")


def test_what_is_in_service_and_how_good_those_before_were(config: Config) -> None:
    publish(config, 0.90, 0.95, 0.92)
    standing = describe_standing(config, NOON)
    assert (standing.version, tell_age(standing), standing.spark) == (3, "3d of 30d", "▁█▄ auc 0.9200")


def test_of_many_versions_the_newest_are_shown_and_of_equal_ones_a_level_line(config: Config) -> None:
    publish(config, *[0.5] * 40)
    assert describe_standing(config, NOON).spark == f"{'▁' * TREND} auc 0.5000"


def test_the_last_run_and_why(config: Config) -> None:
    leave_record(config, "r1", decision=None)
    assert describe_standing(config, NOON).last_reason == "by hand"
    leave_record(config, "r2", exit_code=1, stopped=True, decision={"text": "due: config changed"})
    standing = describe_standing(config, NOON)
    assert (standing.last_run, standing.last_exit_code, standing.last_stopped) == ("r2", 1, True)
    assert standing.last_reason == "due: config changed"


def test_what_it_waits_for(config: Config, fresh: Sandbox) -> None:
    wishes.pause(config, "holidays", NOON)
    paused = describe_standing(config, NOON)
    assert (paused.next, paused.waits.partition(" at ")[2]) == (None, "2026-06-02 12:00 UTC: holidays")
    wishes.trigger(config, "")
    assert describe_standing(config, NOON).waits.endswith(" asks")
    assert describe_standing(load(fresh.config), NOON).waits == "it has no schedule"


def test_what_it_takes_on_the_disk(config: Config) -> None:
    before = describe_standing(config, NOON).bytes
    config.home.artifacts.mkdir(parents=True)
    (config.home.artifacts / "model").write_bytes(b"x" * 1_000_000)
    assert 1_000_000 <= describe_standing(config, NOON).bytes - before < 1_100_000


def test_a_clock_that_went_back_makes_no_age_below_nothing(config: Config) -> None:
    publish(config, 0.9)
    standing: Standing = describe_standing(config, NOON - 9 * DAY)
    assert tell_age(standing) == "0s of 30d"


def test_what_waits_to_take_the_place_of_what_is_in_service(config: Config) -> None:
    publish(config, 0.90)
    line = {"number": 1, "model_digest": "d", "run": "r2", "at": NOON.isoformat(), "metrics": {}}
    home = config.home
    home.challenger.root.mkdir()
    home.challenger.history.write_text(json.dumps(line) + "\n")
    home.history.write_text(json.dumps({**json.loads(home.history.read_text()), "model_digest": "c"}) + "\n")
    assert describe_standing(config, NOON).challenger is None
    evaluation = config.evaluation.model_copy(update={"shadow": Shadow(spans=3)})
    shadowed = config.model_copy(update={"evaluation": evaluation})
    waits = "the model of run r2 has won 0 of 3 new spans against version 1"
    assert describe_standing(shadowed, NOON).challenger == waits
