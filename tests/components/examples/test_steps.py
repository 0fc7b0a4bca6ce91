import numpy as np
import pytest

from components.examples.steps import Step, list_ahead, spell_moment


def seconds(text):
    return int(np.datetime64(text, "s").astype(np.int64))


@pytest.mark.parametrize(
    ("text", "last", "expected"),
    [
        ("1 day", "2024-02-28", ["2024-02-29", "2024-03-01"]),
        ("15 minutes", "2024-05-31 23:45", ["2024-06-01 00:00", "2024-06-01 00:15"]),
        ("2 weeks", "1969-12-31", ["1970-01-14", "1970-01-28"]),
        ("1 month", "2023-11-15", ["2023-12-15", "2024-01-15"]),
        ("1 month", "2024-01-30", ["2024-02-29", "2024-03-30"]),
        ("1 month", "2023-11-30", ["2023-12-31", "2024-01-31"]),  # the end of a month stays one
        ("3 months", "1969-10-01", ["1970-01-01", "1970-04-01"]),
        ("1 year", "2020-02-29", ["2021-02-28", "2022-02-28"]),
        ("1 weekday", "2024-05-30 16:00", ["2024-05-31 16:00", "2024-06-03 16:00"]),
    ],
)
def test_moments_go_on_after_the_last(text, last, expected):
    step = Step.parse(text)
    assert step.spell() == text
    assert list(list_ahead(step, seconds(last), 2)) == list(map(seconds, expected))


def test_whole_numbers_go_on_after_the_last():
    assert list(list_ahead(Step.parse(10), 1990, 3)) == [2000, 2010, 2020]
    assert Step.parse(10).spell() == 10


@pytest.mark.parametrize(
    ("format", "like", "expected"),
    [
        (None, "2024-01-01", "2024-05-31"),
        (None, "2024-01-01 00:00", "2024-05-31 18:30"),
        (None, "2024-01-01T00:00:00Z", "2024-05-31T18:30:00Z"),
        ("%d/%m/%Y", "01/01/2024", "31/05/2024"),
        ("%Y-%m", "2024-01", "2024-05"),
        ("%YQ%q", "2024Q1", "2024Q2"),
        ("Q%q/%y", "Q1/24", "Q2/24"),
        ("excel", "45000.5", "45443.77083"),
        ("milliseconds", "1717180200000", "1717180200000"),
        (None, "1990", "1717180200"),
    ],
)
def test_a_moment_is_spelled_as_its_column_has_it(format, like, expected):
    assert spell_moment(seconds("2024-05-31 18:30"), format, like) == expected
