import pytest

from configs.schema.spans import DAY, HOUR, NUMBER, Reader, fill, find_unit, glob_all, has_spans, keep_folder


@pytest.mark.parametrize(
    ("unit", "number", "name"), [(NUMBER, 7, "7"), (DAY, 20_777, "2026-11-20"), (HOUR, 498_653, "2026-11-20T05")]
)
def test_a_span_is_called_by_its_time(unit, number, name):
    assert (unit.tell(number), unit.read(name), unit.read(number)) == (name, number, number)


def test_what_is_no_name_is_no_span():
    assert [unit.read("all") for unit in (NUMBER, DAY, HOUR)] == [None, None, None]
    assert (DAY.read("2026-02-30"), DAY.read("7"), NUMBER.read("2026-11-20"), HOUR.read("2026-11-20")) == (None,) * 4
    assert DAY.tell(10**9) == "1000000000"  # no year has so many digits


def test_spans_in_a_row_are_told_as_a_range():
    assert NUMBER.tell_ranges([1, 3, 4, 5, 9, 10]) == "1, 3..5, 9..10"
    assert DAY.tell_ranges([58, 59]) == "1970-02-28..1970-03-01"


def test_a_pattern_has_a_unit_a_glob_and_a_folder():
    pattern = "eu/{YYYY}/{MM}-{DD}/v{VERSION}-*/part.csv"
    assert has_spans(pattern) and not has_spans("eu/*.csv")
    assert (find_unit(pattern), find_unit("{YYYY}{MM}{DD}{HH}"), find_unit("{SPAN:3}")) == (DAY, HOUR, NUMBER)
    assert glob_all("{YYYY}/{SPAN}.csv") == "[0-9][0-9][0-9][0-9]/*.csv"
    assert keep_folder(pattern) == "eu/{YYYY}/{MM}-{DD}/v{VERSION}-*"
    assert fill("{SPAN:3}/{VERSION}", {"SPAN": "007", "VERSION": "2"}) == "007/2"


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("*{SPAN}.csv", "a12.csv", (12, 0, {"SPAN": "12"})),
        ("x1{SPAN}.csv", "x123.csv", (23, 0, {"SPAN": "23"})),
        ("{SPAN:2}*", "007", None),
        ("{SPAN}-{VERSION}", "7-3", (7, 3, {"SPAN": "7", "VERSION": "3"})),
        ("{YYYY}{MM}{DD}{HH}.csv", "1970010203.csv", (27, 0, {"YYYY": "1970", "MM": "01", "DD": "02", "HH": "03"})),
        ("{YYYY}{MM}{DD}{HH}.csv", "1970010224.csv", None),
        ("{YYYY}{MM}{DD}.csv", "19700230.csv", None),
        ("[ab]-{SPAN}-*", "c-7-x", None),
    ],
)
def test_a_name_is_read_by_whole_runs_of_digits(pattern, name, found):
    assert Reader.of(pattern).read(name) == found
