"""A backfill, with runs that end as they are told to."""

from collections.abc import Mapping
from typing import Any

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.execution import backfill
from pipelines.execution.backfill import fill_spans, find_newest_served, list_range
from tests.pipelines.schedule.records import leave_record
from tests.sandbox import Sandbox


@pytest.fixture
def spans(fresh: Sandbox) -> Config:
    for span in (9, 10, 11, 13, 14):
        (fresh.folder / f"{span}.csv").write_text("fare\n1\n")
    return load(fresh.config, [f"data.path={fresh.folder}/{{SPAN}}.csv", "notify=[{kind: command, command: [cat]}]"])


class Mill:
    """Makes runs that end with these exit codes by span, and counts the versions of each home."""

    def __init__(self, codes: Mapping[int, int] | None = None) -> None:
        self.codes, self.made, self.said = dict(codes or {}), list[tuple[str, int]](), list[str]()
        self.versions: dict[str, int] = {}

    def make(self, config: Config) -> dict[str, Any]:
        span, root = config.data.newest or 0, str(config.home.root)
        self.made.append((root, span))
        code = self.codes.get(span, 0)
        number = self.versions[root] = self.versions.get(root, 0) + (code == 0)
        assert not config.notify or "backfill" not in root
        return leave_record(config, f"r{len(self.made)}", exit_code=code, published=None if code else number)

    def fill(self, config: Config, given: str) -> dict[str, Any]:
        return fill_spans(config, given, self.make, self.said.append)


def test_each_span_is_made_in_order_and_aside_and_the_newest_in_the_pipeline(spans: Config) -> None:
    mill, home = Mill({11: 4, 13: 3}), spans.home.root
    record = mill.fill(spans, "10..13")
    aside = f"{home}/backfill/10..13/trips"
    assert mill.made == [(aside, 10), (aside, 11), (aside, 13), (str(home), 10)]
    assert (record["run"], record["published"]) == ("r4", 1)
    assert mill.said[-1] == "Span 10, the newest that was blessed, against what is in service:"


def test_what_was_cut_short_is_gone_on_with_and_what_ended_begins_anew(spans: Config) -> None:
    mill, home = Mill({13: 1}), spans.home.root
    aside = f"{home}/backfill/10..14/trips"
    assert mill.fill(spans, "10..14")["exit_code"] == 1
    assert mill.made == [(aside, 10), (aside, 11), (aside, 13)]
    mill.codes.clear()
    mill.fill(spans, "10..14")
    assert mill.made[3:] == [(aside, 13), (aside, 14), (str(home), 14)]
    assert "Span 11 was done: version 2." in mill.said
    mill.fill(spans, "10..14")
    assert mill.made[6:] == [(aside, 10), (aside, 11), (aside, 13), (aside, 14), (str(home), 14)]


def test_another_config_begins_anew(spans: Config) -> None:
    mill = Mill({11: 1})
    mill.fill(spans, "10..11")
    other = spans.model_copy(update={"training": spans.training.model_copy(update={"epochs": 2})})
    mill.fill(other, "10..11")
    assert [span for _, span in mill.made] == [10, 11, 10, 11]


def test_where_none_is_blessed_what_is_in_service_stays(spans: Config) -> None:
    mill = Mill({13: 4, 14: 3})
    record = mill.fill(spans, "13..14")
    assert (record["run"], record["exit_code"], len(mill.made)) == ("r2", 4, 2)


def test_what_is_in_service_is_not_replaced_by_what_is_older(spans: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "find_newest_served", lambda config: 14)
    mill = Mill()
    record = mill.fill(spans, "10..11")
    assert (record["published"], len(mill.made)) == (None, 2)
    assert mill.said[-1] == "What is in service was trained on span 14, which is newer than 11: it stays."
    mill.fill(spans, "13..14")
    assert mill.made[-1] == (str(spans.home.root), 14)


def test_without_anything_in_service_nothing_is_newer(spans: Config) -> None:
    assert find_newest_served(spans) is None


@pytest.mark.parametrize("given", ["10", "14..10", "a..b", "2026-11-01..2026-11-02", "1..2..3"])
def test_what_is_no_range_is_refused(spans: Config, given: str) -> None:
    with pytest.raises(ConfigError, match="is no range of spans") as told:
        list_range(spans, given)
    assert told.value.remedy == "Name the first and the last, as 10..20, of spans that data.path has a place for."


def test_a_range_without_spans_is_told_what_there_is(spans: Config, fresh: Sandbox) -> None:
    assert list_range(spans, "10..12") == ["10", "11"]
    with pytest.raises(ConfigError, match=r"No complete span is there of 20\.\.30") as told:
        list_range(spans, "20..30")
    assert told.value.remedy == "The newest are: 9, 10, 11, 13, 14."
    with pytest.raises(ConfigError, match="is no range of spans"):
        list_range(load(fresh.config), "1..2")
