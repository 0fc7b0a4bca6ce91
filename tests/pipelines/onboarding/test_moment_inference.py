import os
import pty
import re
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from components.validation.profile import describe
from configs.repository import ROOT
from pipelines.onboarding.config_draft import draft
from pipelines.onboarding.moment_inference import FORMATS, PACKED, spot_moment

DAYS = pd.date_range("1999-01-01", periods=300, freq="9D")
COMMA = re.compile(", %[HI]")  # between a date and its time, of which those of one date are enough
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


@pytest.mark.parametrize("form", ["{0.year}Q{0.quarter}", "{0.year}-Q{0.quarter}", "Q{0.quarter} {0.year}"])
def test_a_quarter_is_its_first_day(form):
    quarters = pd.date_range("1999-01-01", periods=60, freq="QS")
    column = column_of(form.format(quarter) for quarter in quarters)
    found = spot_moment(column)
    assert (found.kind, found.options["parts"], found.warning) == ("timestamp", ["month", "year"], "")
    told = column.convert("timestamp", found.options["format"])
    assert list(told) == [moment.timestamp() for moment in quarters]
    assert not column_of(["2021-Q5", "2021-01"]).fits("timestamp", "%Y-Q%q")


@pytest.mark.parametrize("format", [format for formats in PACKED.values() for format in formats])
def test_digits_without_anything_between_are_moments_by_their_number(format):
    moments = pd.date_range("2021-11-11 11:11:11", periods=200, freq="44D3751s")
    found = spot(moments.strftime(format))
    assert (found.kind, found.options["format"]) == ("timestamp", format)
    assert ("hour" in found.options["parts"]) == ("%H" in format)
    assert "1969 to 2068" in found.warning if "%y" in format else not found.warning


def test_few_digits_are_moments_only_where_they_differ_or_are_called_so():
    assert spot(["202401", "202402", "202403"], "code") is None
    assert spot(["202401", "202402", "202403"], "month").options["format"] == "%Y%m"
    assert spot(range(202_401, 202_499), "code") is None  # of which most are no months


@pytest.mark.parametrize(("name", "format"), [("sale_date", "excel"), ("OrderDate", "excel"), ("income", None)])
def test_days_of_excel_are_moments_where_the_name_says_date(name, format):
    days = 40_000 + np.arange(300) * 2.5
    found = spot(days, name)
    assert (found and found.options["format"]) == format
    if found:
        assert found.reason == "2009-07-06 to 2011-07-23"
        assert found.warning.startswith("its numbers are read as the days of Excel")


def test_years_of_another_calendar_are_named():
    assert spot([f"{day:%d/%m}/{day.year + 543}" for day in DAYS]).warning.startswith("its years begin with 2542")


@pytest.mark.parametrize("format", ["%H:%M:%S", "%H:%M", "%I:%M %p"])
def test_a_time_without_a_date_is_one_of_the_day_and_said_to_be(format):
    found = spot(pd.date_range("2021-01-01", periods=200, freq="421s").strftime(format))
    assert (found.kind, found.options) == ("timestamp", {"format": format, "parts": ["hour"]})
    assert "if it is how long something took" in found.warning
    assert spot(["25:10:00", "07:30:00"]) is None


@pytest.mark.parametrize("format", ["%Y-%m-%d", "%d.%m.%Y"])
@pytest.mark.parametrize("far", ["9999-12-31", "1900-01-01"])
def test_a_date_that_may_stand_for_a_missing_one_is_named(far, format):
    days = pd.date_range("2019-01-01", periods=300, freq="2D").strftime(format)
    odd = pd.Period(far).strftime(format)
    told = f"{far} stands in 3 rows, far from all other dates: for a missing one say missing: [{odd}]"
    assert spot([odd] * 3 + list(days)).warning == told
    assert not spot(days).warning


@pytest.mark.parametrize(
    ("unit", "size"), [("seconds", 1), ("milliseconds", 1000), ("microseconds", 10**6), ("nanoseconds", 10**9)]
)
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


@pytest.mark.parametrize("format", [each for each in FORMATS if not COMMA.search(each) or each.startswith("%m/%d/%Y")])
def test_moments_of_any_format_are_read_as_they_were_written_or_both_ways_are_named(format):
    seconds = np.random.default_rng(FORMATS.index(format)).integers(10**9, 16 * 10**8, 40)
    moments = pd.to_datetime(seconds, unit="s", utc=True)
    column = column_of(moment.strftime(format.replace("%q", str(moment.quarter))) for moment in moments)
    found = spot_moment(column)
    told = column.convert("timestamp", found.options.get("format"))
    meant = column.convert("timestamp", format)
    assert found.kind == "timestamp"
    assert (told == meant).all() or f"({format})" in found.warning


def test_what_each_format_makes_of_a_moment_is_there_to_ask():
    found = spot([day.strftime("%d/%m/%Y") for day in EARLY])
    day = EARLY[0]
    text = f"`{day:%d/%m/%Y}` is "
    assert found.readings == {
        "%d/%m/%Y": f"{text}{day:%Y-%m-%d}",
        "%m/%d/%Y": f"{text}{day.year}-{day.day:02}-{day.month:02}",
    }
    assert spot(DAYS.strftime("%d/%m/%Y")).readings == {}


def write_dates(folder):
    days = [day.strftime("%d/%m/%Y") for day in EARLY for _ in range(2)]
    rows = pd.DataFrame({"when": days, "x": range(len(days)), "y": ["a", "b"] * len(EARLY)})
    rows.loc[3, "when"] = "NA"
    rows.to_csv(folder / "rows.csv", index=False, na_rep="NA")
    return str(folder / "rows.csv")


def test_the_answer_is_taken(tmp_path):
    asked = {}

    def ask(name, readings):
        asked[name] = list(readings)
        return "%m/%d/%Y"

    drawn = draft(write_dates(tmp_path), "y", tmp_path / "it.yaml", ask=ask)
    assert sorted(asked["when"]) == ["%d/%m/%Y", "%m/%d/%Y"]
    assert drawn.features["when"].options["format"] == "%m/%d/%Y"
    assert not any("could be" in warning for warning in drawn.warnings)


@pytest.mark.slow
@pytest.mark.parametrize(("options", "format"), [((), "%m/%d/%Y"), (("--yes",), "%d/%m/%Y")])
def test_init_asks_on_a_terminal_alone(tmp_path, options, format):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pipelines", "init", write_dates(tmp_path), "--label", "y", *options]
    place = {**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.Popen(command, cwd=tmp_path, env=place, stdin=theirs, stdout=theirs)
    os.close(theirs)
    os.write(ours, b"2\n")
    shown = b""
    with suppress(OSError):  # which says that the command has ended
        while block := os.read(ours, 4096):
            shown += block
    assert (done.wait(), b"Which" in shown) == (0, not options)
    assert f'format: "{format}"' in (tmp_path / "rows.yaml").read_text()
