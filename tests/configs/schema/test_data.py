from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load


@pytest.mark.parametrize("path", ["span-{SPAN}/*.csv", "day{SPAN:8}", "{SPAN}.csv"])
def test_a_path_may_have_a_span(write: Callable[..., str], path: str) -> None:
    config = load(write(), [f"data.path='{path}'", "data.span=7", "data.spans=3", "data.marker=_SUCCESS"])
    assert config.data.path.endswith(path)
    assert (config.data.span, config.data.spans, config.data.marker) == (7, 3, "_SUCCESS")


@pytest.mark.parametrize("path", ["{SPAN}/{SPAN}.csv", "{SPAN:0}.csv", "{SPAN:two}.csv", "{YYYY}{MM}.csv", "{VERSION}"])
def test_a_path_has_one_span_and_nothing_else_of_its_kind(write: Callable[..., str], path: str) -> None:
    with pytest.raises(ConfigError, match=r"can have one \{SPAN\}, or one \{SPAN:3\} of three digits, and no other"):
        load(write(), [f"data.path='{path}'"])


@pytest.mark.parametrize("option", ["span=7", "spans=3", "marker=_SUCCESS"])
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
