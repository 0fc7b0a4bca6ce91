import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from components.validation.profile import describe
from pipelines.onboarding.moment_inference import FORMATS, spot_moment

DAYS = pd.date_range("1999-01-01", periods=300, freq="9D")
EARLY = [day for day in DAYS if day.day <= 12 and day.day != day.month]


def column_of(cells, name="when"):
    return describe(name, pa.chunked_array([pa.array(map(str, cells))]))


def spot(cells, name="when"):
    return spot_moment(column_of(cells, name))


@pytest.mark.parametrize(
    "format",
    ["%Y-%m", "%m/%Y", "%b %Y", "%G-W%V", "%G-W%V-%u", "%Y-%m-%d %H:%M:%S UTC", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y"],
)
def test_moments_are_told_by_the_one_format_that_fits(format):
    found = spot(DAYS.strftime(format))
    assert (found.kind, found.options.get("format")) == ("timestamp", format)
    assert found.reason.startswith(("1999-01-01 to ", "1998-12-28 to "))
    assert ("1969 to 2068" in found.warning) == ("%y" in format)


@pytest.mark.parametrize(("unit", "size"), [("seconds", 1), ("milliseconds", 1000), ("microseconds", 10**6)])
def test_numbers_are_moments_where_the_name_says_so(unit, size):
    moments = (np.arange(300) * 86_400 + 10**9) * size
    found = spot(moments, "created_at")
    assert (found.options["format"], found.reason) == (unit, "2001-09-09 to 2002-07-05")
    assert found.warning == f"its numbers are read as {unit} since 1970"
    assert spot(moments, "salary") is None
    assert spot(range(300), "time") is None


@pytest.mark.parametrize("format", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"])
def test_of_two_formats_that_fit_the_one_is_taken_by_which_rows_are_in_order_and_both_are_named(format):
    found = spot([day.strftime(format) for day in EARLY])
    other = format.translate(str.maketrans("dm", "md"))
    day = EARLY[0]
    assert found.options["format"] == format
    assert f"{day:%Y-%m-%d} ({format}) and could be {day.year}-{day.day:02}-{day.month:02} ({other})" in found.warning


def test_where_no_order_tells_both_are_named_all_the_same():
    cells = np.random.default_rng(0).permutation([day.strftime("%d/%m/%Y") for day in EARLY])
    assert "(%m/%d/%Y) and could be " in spot(cells).warning


@pytest.mark.parametrize("format", FORMATS)
def test_moments_of_any_format_are_read_as_they_were_written_or_both_ways_are_named(format):
    seconds = np.random.default_rng(FORMATS.index(format)).integers(10**9, 16 * 10**8, 40)
    column = column_of(pd.to_datetime(seconds, unit="s", utc=True).strftime(format))
    found = spot_moment(column)
    told = column.convert("timestamp", found.options.get("format"))
    meant = column.convert("timestamp", format)
    assert found.kind == "timestamp"
    assert (told == meant).all() or f"({format})" in found.warning
