import os
import time

import pytest
from tfx.components.example_gen import utils
from tfx.proto import example_gen_pb2, range_config_pb2

from components.readers import files, spans
from components.readers.spans import Choice, Span
from configs.errors import DataRejected
from configs.schema.data import Data

ROWS = "fare\n1\n"


def furnish(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(ROWS)


def list_names(folder, path, **options):
    data = Data(format="csv", path=str(folder / path), **options)
    return [file.removeprefix(f"{folder}/") for file in spans.list_data(data)]


@pytest.mark.parametrize(
    ("pattern", "names", "newest"),
    [
        ("span-{SPAN}/*.csv", ["span-9/a.csv", "span-10/b.csv", "span-10/a.csv"], ["span-10/a.csv", "span-10/b.csv"]),
        ("span-{SPAN}/*.csv", ["span-007/1.csv", "span-012/99.csv"], ["span-012/99.csv"]),
        ("{SPAN:3}.csv", ["007.csv", "012.csv"], ["012.csv"]),
        ("2024/day{SPAN}/part-0.csv", ["2024/day1/part-0.csv", "2024/day2/part-0.csv"], ["2024/day2/part-0.csv"]),
        ("{SPAN}/[ab].csv", ["0/a.csv", "1/a.csv", "1/c.csv"], ["1/a.csv"]),
    ],
)
def test_the_newest_span_is_the_one_that_tfx_takes(tmp_path, pattern, names, newest):
    furnish(tmp_path, names)
    assert list_names(tmp_path, pattern) == newest
    split = example_gen_pb2.Input.Split(name="all", pattern=pattern)
    _, span, _ = utils.calculate_splits_fingerprint_span_and_version(str(tmp_path), [split])
    [found] = spans.choose(str(tmp_path), pattern).spans
    assert (found.number, found.pattern) == (span, split.pattern)


def test_a_span_that_is_asked_for_is_the_one_that_tfx_takes(tmp_path):
    pattern, names = "span-{SPAN:2}/*.csv", ["span-06/a.csv", "span-07/a.csv", "span-08/a.csv"]
    furnish(tmp_path, names)
    split = example_gen_pb2.Input.Split(name="all", pattern=pattern)
    seven = range_config_pb2.RangeConfig(static_range={"start_span_number": 7, "end_span_number": 7})
    utils.calculate_splits_fingerprint_span_and_version(str(tmp_path), [split], seven)
    assert spans.choose(str(tmp_path), pattern, Choice(newest=7)).spans == [Span("7", split.pattern, 7)]
    assert list_names(tmp_path, pattern, span=7) == ["span-07/a.csv"]


def test_a_window_holds_the_newest_spans_that_are_there(tmp_path):
    furnish(tmp_path, [f"{span}/a.csv" for span in (1, 2, 5, 6)])
    assert list_names(tmp_path, "{SPAN}/*.csv", spans=3) == ["2/a.csv", "5/a.csv", "6/a.csv"]
    assert list_names(tmp_path, "{SPAN}/*.csv", span=5, spans=2) == ["2/a.csv", "5/a.csv"]
    assert list_names(tmp_path, "{SPAN}/*.csv", spans=9) == ["1/a.csv", "2/a.csv", "5/a.csv", "6/a.csv"]


@pytest.fixture
def later(monkeypatch):
    """Lets the clock stand so many seconds ahead of the files."""
    return lambda seconds: monkeypatch.setattr(spans, "time", Clock(seconds))


class Clock:
    def __init__(self, ahead):
        self.ahead = ahead

    def time(self):
        return time.time() + self.ahead


def test_a_span_that_is_left_alone_is_complete(tmp_path, later):
    furnish(tmp_path, ["span-1/a.csv"])
    os.utime(tmp_path / "span-1" / "a.csv", (0, 0))  # copied with its times: it came now all the same
    with pytest.raises(DataRejected) as told:
        list_names(tmp_path, "span-{SPAN}/*.csv", settle="10m")
    assert told.value.what == "No span is complete: none of 1 was left alone for 600 s."
    later(300)
    furnish(tmp_path, ["span-1/b.csv"])
    later(599)
    with pytest.raises(DataRejected):
        list_names(tmp_path, "span-{SPAN}/*.csv", settle="10m")
    later(605)
    assert list_names(tmp_path, "span-{SPAN}/*.csv", settle="10m") == ["span-1/a.csv", "span-1/b.csv"]


def test_a_marker_or_time_makes_a_span_complete(tmp_path, later):
    furnish(tmp_path, ["1/a.csv", "2/a.csv"])
    (tmp_path / "1" / "_SUCCESS").touch()
    known = {"marker": "_SUCCESS", "settle": "1h", "spans": 2}
    assert list_names(tmp_path, "{SPAN}/*.csv", **known) == ["1/a.csv"]
    later(3601)
    assert list_names(tmp_path, "{SPAN}/*.csv", **known) == ["1/a.csv", "2/a.csv"]


def test_a_span_without_its_marker_is_not_taken(tmp_path):
    furnish(tmp_path, ["span-1/eu/a.csv", "span-1/_SUCCESS", "span-2/eu/a.csv"])
    assert list_names(tmp_path, "span-{SPAN}/*/*.csv") == ["span-2/eu/a.csv"]
    assert list_names(tmp_path, "span-{SPAN}/*/*.csv", marker="_SUCCESS") == ["span-1/eu/a.csv"]


def test_the_folder_of_a_span_is_read_as_any_folder_is(tmp_path):
    furnish(tmp_path, ["span-1/a.csv", "span-2/b.csv", "span-2/a.csv", "span-2/_SUCCESS"])
    assert list_names(tmp_path, "span-{SPAN}", marker="_SUCCESS") == ["span-2/a.csv", "span-2/b.csv"]
    furnish(tmp_path, ["span-2/notes.txt"])
    with pytest.raises(DataRejected, match="not a .csv or .tsv file"):
        list_names(tmp_path, "span-{SPAN}")


def test_what_holds_no_data_is_no_span(tmp_path):
    furnish(tmp_path, ["span-1/a.csv", "span-2/.DS_Store", "span-3/_SUCCESS", "span-x/a.csv"])
    assert list_names(tmp_path, "span-{SPAN}/*") == ["span-1/a.csv"]


def test_the_digest_is_of_the_spans_that_are_taken(tmp_path):
    furnish(tmp_path, ["1/a.csv", "2/a.csv", "3/a.csv"])

    def digest():
        return spans.digest_data(Data(format="csv", path=str(tmp_path / "{SPAN}/*.csv"), spans=2))

    before = digest()
    assert before == files.digest_files(str(tmp_path), [str(tmp_path / name) for name in ("2/a.csv", "3/a.csv")])
    (tmp_path / "1" / "a.csv").write_text("fare\n2\n")
    assert digest() == before
    (tmp_path / "2" / "a.csv").write_text("fare\n2\n")
    assert digest() != before
    after = digest()
    furnish(tmp_path, ["4/a.csv"])
    assert digest() not in (before, after)


def test_without_spans_the_pattern_is_all_there_is(tmp_path):
    furnish(tmp_path, ["a.csv", "b.csv"])
    assert spans.choose(str(tmp_path), files.FOLDER).spans == [Span(spans.ALL, files.FOLDER)]
    assert list_names(tmp_path, "") == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"path": "month-{SPAN}/*.csv"}, "No span matches; there are notes.txt, span-1, span-2."),
        ({"path": "none/span-{SPAN}/*.csv"}, "No span matches; its folder is absent."),
        ({"span": 3}, "There is no span 3; there are 1, 2."),
        ({"span": 0}, "There is no span 0; there are 1, 2."),
        ({"marker": "_DONE"}, "No span is complete: none of 1, 2 has a file _DONE."),
        ({"marker": "_SUCCESS", "span": 1}, "There is no complete span 1; there are 2."),
    ],
)
def test_an_absent_span_is_refused_with_what_is_there(tmp_path, options, what):
    furnish(tmp_path, ["span-1/a.csv", "span-2/a.csv", "span-2/_SUCCESS", "notes.txt"])
    options = {"path": "span-{SPAN}/*.csv", **options}
    with pytest.raises(DataRejected) as caught:
        list_names(tmp_path, **options)
    assert (caught.value.what, caught.value.where) == (what, str(tmp_path / options["path"]))


def test_a_span_that_is_spelled_twice_is_refused(tmp_path):
    furnish(tmp_path, ["7/a.csv", "007/a.csv"])
    with pytest.raises(DataRejected, match=r"Span 7 is there twice, as (7 and as 007|007 and as 7)\."):
        list_names(tmp_path, "{SPAN}/*.csv")
    assert list_names(tmp_path, "{SPAN:3}/*.csv") == ["007/a.csv"]


@pytest.mark.parametrize(
    ("pattern", "names", "taken", "called"),
    [
        ("{YYYY}-{MM}-{DD}/*.csv", ["2026-11-09/a.csv", "2026-11-10/a.csv", "2026-13-40/a.csv"], 1, "2026-11-10"),
        ("{YYYY}/{MM}/d{DD}.csv", ["2025/12/d31.csv", "2026/01/d01.csv"], 1, "2026-01-01"),
        ("log{YYYY}{MM}{DD}.csv", ["log20240228.csv", "log20240229.csv", "log202403011.csv"], 1, "2024-02-29"),
        ("{DD}.{MM}.{YYYY}*.csv", ["31.01.2026-eu.csv", "01.02.2026-eu.csv", "30.02.2026.csv"], 1, "2026-02-01"),
        ("{YYYY}-{MM}-{DD}/v{VERSION}/*.csv", ["2026-11-10/v9/a.csv", "2026-11-10/v10/a.csv"], 1, "2026-11-10"),
        ("{SPAN}/{VERSION:2}.csv", ["7/01.csv", "7/02.csv", "7/3.csv"], 1, "7"),
    ],
)
def test_dates_and_versions_are_those_that_tfx_takes(tmp_path, pattern, names, taken, called):
    furnish(tmp_path, names)
    [found] = spans.choose(str(tmp_path), pattern).spans
    whole = [name for name in names if not is_astray(name)]
    for name in set(names) - set(whole):  # at which TFX stops
        (tmp_path / name).unlink()
    split = example_gen_pb2.Input.Split(name="all", pattern=pattern)
    _, span, version = utils.calculate_splits_fingerprint_span_and_version(str(tmp_path), [split])
    assert (found.number, found.version, found.pattern, found.name) == (span, version, split.pattern, called)


def is_astray(name):
    return name in ("2026-13-40/a.csv", "log202403011.csv", "30.02.2026.csv", "7/3.csv")


DAYS = [f"2026-11-{day:02}/a.csv" for day in (1, 2, 3, 5, 8, 9)]


def list_days(folder, **options):
    return [name[8:10] for name in list_names(folder, "{YYYY}-{MM}-{DD}/a.csv", **options)]


def test_spans_of_a_time_end_with_the_newest(tmp_path):
    furnish(tmp_path, DAYS)
    assert list_days(tmp_path, spans={"last": "5d"}) == ["05", "08", "09"]
    assert list_days(tmp_path, spans={"last": "1w"}, span="2026-11-08") == ["02", "03", "05", "08"]
    assert list_days(tmp_path, spans={"last": "7d"}, span=20_765) == ["02", "03", "05", "08"]  # as TFX counts
    assert list_days(tmp_path, spans=2, span="2026-11-03") == ["02", "03"]


def test_hours_are_spans_of_their_own(tmp_path):
    names = [f"2026-11-{day}/{hour:02}.csv" for day, hour in ((9, 22), (9, 23), (10, 0), (10, 2))]
    furnish(tmp_path, [name.replace("-9/", "-09/") for name in names])
    hours = {"path": "{YYYY}-{MM}-{DD}/{HH}.csv"}
    assert list_names(tmp_path, **hours, spans={"last": "3h"}) == ["2026-11-10/00.csv", "2026-11-10/02.csv"]
    assert list_names(tmp_path, **hours, span="2026-11-09T23") == ["2026-11-09/23.csv"]
    with pytest.raises(DataRejected, match="There is no span 2026-11-10T01; there are 2026-11-09T22, 2026-11-09T23"):
        list_names(tmp_path, **hours, span="2026-11-10T01")


def test_gaps_are_named_and_bridged(tmp_path):
    furnish(tmp_path, DAYS)

    def missing(**keys):
        return spans.choose(str(tmp_path), "{YYYY}-{MM}-{DD}/a.csv", Choice(**keys)).missing

    assert missing(count=3) == "2026-11-06..2026-11-07 are missing"
    assert missing(count=4) == "2026-11-04, 2026-11-06..2026-11-07 are missing"
    assert missing(reach=3) == "2026-11-07 is missing"  # the first of the time, too
    assert missing(reach=99) == "2026-11-04, 2026-11-06..2026-11-07 are missing"  # before the first is no gap
    assert missing(count=2) == missing() == ""
    (tmp_path / "2026-11-08" / "half").mkdir()
    for day in (3, 5, 9):
        (tmp_path / f"2026-11-{day:02}" / "_OK").touch()
    told = "2026-11-04, 2026-11-06..2026-11-07 are missing, 2026-11-08 is not complete"
    assert missing(count=3, marker="_OK") == told


def test_gaps_are_refused_where_the_config_says_so(tmp_path):
    furnish(tmp_path, DAYS)
    assert list_days(tmp_path, spans=2, gaps="refuse") == ["08", "09"]
    with pytest.raises(DataRejected) as told:
        list_days(tmp_path, spans=3, gaps="refuse")
    assert told.value.what == "Of the spans that are taken, 2026-11-06..2026-11-07 are missing."
    assert told.value.where.endswith("{YYYY}-{MM}-{DD}/a.csv")


def test_the_newest_version_that_is_complete_is_read(tmp_path):
    furnish(tmp_path, ["1/v1/a.csv", "1/v2/a.csv", "2/v1/a.csv", "1/v1/_OK", "2/v1/_OK"])
    path = "{SPAN}/v{VERSION}/*.csv"
    assert list_names(tmp_path, path, spans=2) == ["1/v2/a.csv", "2/v1/a.csv"]
    assert list_names(tmp_path, path, spans=2, marker="_OK") == ["1/v1/a.csv", "2/v1/a.csv"]
    furnish(tmp_path, ["1/v02/a.csv"])
    with pytest.raises(DataRejected, match=r"Span 1 is there twice, as (2 and as 02|02 and as 2)\.") as told:
        list_names(tmp_path, path)
    assert told.value.remedy.endswith("or write {VERSION:WIDTH}.")
