import re
from datetime import datetime, timezone

from configs import clock
from configs.repository import ROOT

PACKAGES = ("configs", "trainer", "components", "pipelines")
FOR_NO_MOMENT = "configs/schema/schedule.py"  # where a cron is only tried


def test_the_present_is_told_in_utc_to_the_second() -> None:
    told = datetime.fromisoformat(clock.tell_now())
    assert (told.tzinfo, told.microsecond) == (timezone.utc, 0)
    assert abs((told - datetime.now(timezone.utc)).total_seconds()) < 5


def test_it_is_read_in_one_place() -> None:
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    reading = {str(path.relative_to(ROOT)) for path in modules if re.search(r"\.(now|utcnow)\(", path.read_text())}
    assert reading == {"configs/clock.py", FOR_NO_MOMENT}


def test_a_moment_is_a_date_with_the_time_of_day_where_it_is_not_midnight() -> None:
    assert [clock.tell_date(seconds) for seconds in (1_682_208_000, 1_682_208_060.4, None)] == [
        "2023-04-23",
        "2023-04-23 00:01",
        "",
    ]
