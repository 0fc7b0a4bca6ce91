import re
from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load


@pytest.mark.parametrize("path", ["span-{SPAN}/*.csv", "day{SPAN:8}", "{SPAN}.csv"])
def test_a_path_may_have_a_span(write: Callable[..., str], path: str) -> None:
    config = load(write(), [f"data.path='{path}'", "data.span=7", "data.spans=3", "data.marker=_SUCCESS"])
    assert config.data.path.endswith(path)
    assert (config.data.span, config.data.spans, config.data.marker) == (7, 3, "_SUCCESS")


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("{SPAN}/{SPAN}.csv", "has {SPAN} twice"),
        ("{SPAN:0}.csv", "and no {SPAN:0}"),
        ("{SPAN:two}.csv", "and no {SPAN:two}"),
        ("{YYYY}{MM}.csv", "not by {YYYY}, {MM}"),
        ("{YYYY}-{MM}-{DD}/{SPAN}.csv", "not by {YYYY}, {MM}, {DD}, {SPAN}"),
        ("{VERSION}", "not by {VERSION}"),
        ("{YYYY}-{MM}-{DD}-{MONTH}", "and no {MONTH}"),
    ],
)
def test_a_path_names_one_span(write: Callable[..., str], path: str, what: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(what)):
        load(write(), [f"data.path='{path}'"])


DAYS = "data.path='{YYYY}-{MM}-{DD}/*.csv'"


@pytest.mark.parametrize(("span", "number"), [("2026-11-20", 20_777), ("20777", 20_777), ("1970-01-01", 0)])
def test_the_newest_day_is_a_date_or_its_number(write: Callable[..., str], span: str, number: int) -> None:
    assert load(write(), [DAYS, f"data.span={span}"]).data.newest == number


def test_an_hour_has_a_number_too(write: Callable[..., str]) -> None:
    hours = "data.path='{YYYY}{MM}{DD}{HH}.csv'"
    assert load(write(), [hours, "data.span=1970-01-02T05", "data.spans={last: 2h}"]).data.newest == 29


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["data.path='{SPAN}.csv'", "data.span=2026-11-20"], "has span 2026-11-20, which is none of its path's"),
        ([DAYS, "data.span=2026-11-20T05"], "has span 2026-11-20T05, which is none of its path's"),
        ([DAYS, "data.span=2026-02-30"], "they are called as 1970-01-01 is"),
        (["data.path='{SPAN}.csv'", "data.spans={last: 7d}"], "has spans of the last time, but no {YYYY}"),
        ([DAYS, "data.spans={last: 36h}"], "has spans of the last 36h, which is no number of whole days"),
        ([DAYS, "data.gaps=ignore"], "data.gaps"),
    ],
)
def test_a_span_is_called_as_its_path_has_it(write: Callable[..., str], options: list[str], what: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(what)):
        load(write(), options)


@pytest.mark.parametrize("option", ["span=7", "spans=3", "gaps=refuse", "marker=_SUCCESS"])
def test_spans_need_a_place_in_the_path(write: Callable[..., str], option: str) -> None:
    with pytest.raises(ConfigError, match=f"has {option.split('=')[0]}, but no {{SPAN}} in its path"):
        load(write(), [f"data.{option}"])


def test_a_span_between_braces_is_told_to_stand_in_a_line_of_its_own(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError, match=r"YAML cannot read \{SPAN\}: write one key a line") as caught:
        load(write("rows.csv", "span-{SPAN}/rows.csv"))
    assert caught.value.where.endswith("yaml:2:37") or ":2:" in caught.value.where


def test_a_sheet_is_of_a_workbook(write: Callable[..., str]) -> None:
    assert load(write(), ["data.format=workbook", "data.sheet=Rows"]).data.dialect.sheet == "Rows"
    with pytest.raises(ConfigError, match="has a sheet, which no file of csv has"):
        load(write(), ["data.sheet=Rows"])
