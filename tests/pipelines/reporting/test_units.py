"""Figures as a person reads them."""

import pytest

from pipelines.reporting.units import tell_bytes, tell_moment, tell_number, tell_seconds


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, ""),
        (0, "0"),
        (11.739217, "11.739"),
        (-0.000123456, "-0.00012346"),
        (1234.56, "1,234.6"),
        (12345.6, "12,346"),
        (-7_654_321, "-7,654,321"),
        (1e15, "1e+15"),
    ],
)
def test_numbers_have_five_digits_and_their_thousands_apart(value, told):
    assert tell_number(value) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1234, "1.23 kB"),
        (99_960, "100 kB"),
        (999_499, "999 kB"),
        (999_600, "1 MB"),
        (12_345_678_901, "12.3 GB"),
        (5e15, "5000 TB"),
    ],
)
def test_bytes_have_three_digits(count, told):
    assert tell_bytes(count) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "–"),
        (0.0994, "99 ms"),
        (0.0995, "0.1 s"),
        (59.94, "59.9 s"),
        (59.95, "1 min 0 s"),
        (3599.4, "59 min 59 s"),
        (7512, "2 h 05 min"),
    ],
)
def test_a_time_is_told_by_its_two_largest_units(seconds, told):
    assert tell_seconds(seconds) == told


def test_a_moment_is_a_date_and_a_time():
    assert tell_moment("2026-11-22T10:54:49+00:00") == "2026-11-22 10:54:49 UTC"
    assert tell_moment("2026-11-22") == "2026-11-22 00:00:00"
