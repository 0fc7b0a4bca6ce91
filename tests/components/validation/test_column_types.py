import base64
import datetime
import decimal

import pyarrow as pa
import pytest

from components.validation.column_types import ROLES, Role
from configs.samples.datasets import encode_png

PIXEL = encode_png([b"\x80"])


COLOURS = ("red", "green", "blue")


def role(name, **options):
    return Role(name, "c", **options)


@pytest.mark.parametrize(
    ("given", "cells", "typed"),
    [
        (role("numeric"), ["1", " 2\t", "+.5", "-1e3", "007", None, ""], [1, 2, 0.5, -1000, 7, None, None]),
        (role("numeric"), ["1.0000000596046448"], [1.0]),
        (role("numeric"), ["(12.5)", "\u22123", "4", " (5) ", "-6"], [-12.5, -3, 4, -5, -6]),
        (role("target"), ["0.5"], [0.5]),
        (role("target", offset=1e9), ["1000000000.5", "999999990"], [0.5, -10]),
        (role("numeric", offset=1.7e12), ["1700000000003", "", "1.7e12"], [3, None, 0]),
        (role("weight"), ["0", "2.5"], [0, 2.5]),
        (role("categorical"), ["01", " a ", "nan", None], ["01", " a ", "nan", None]),
        (role("text"), ["so, so", None], ["so, so", None]),
        (role("slice"), ["7"], ["7"]),
        (role("group"), ["7", None], ["7", None]),
        (role("label", classes=("0", "1")), ["1", " 0 "], [1, 0]),
        (role("label", classes=COLOURS), ["blue", "red"], [2, 0]),
        (
            role("labels", classes=COLOURS),
            ["blue|red", " green ", "", None, "red|red|"],
            [[0, 2], [1], None, None, [0]],
        ),
        (role("labels", classes=COLOURS), ['["blue", "red"]', "[]"], [[0, 2], None]),
        (role("boolean"), ["TRUE", "no", " 1", "f", "on", None, ""], [1, 0, 1, 0, 1, None, None]),
        (role("timestamp"), ["1970-01-02", "1970-01-01 00:01", "1970-01-01T00:00:09.99", None], [86400, 60, 9, None]),
        (role("timestamp"), ["1970-01-01T02:00+02:00", "1970-01-01T00:00:01Z", "1969-12-31 23:59:59,5"], [0, 1, -1]),
        (role("timestamp", format="%d.%m.%Y"), ["02.01.1970", " 1.1.1970", None, ""], [86400, 0, None, None]),
        (role("timestamp", format="%H:%M %d/%m/%y %z"), ["02:00 01/01/70 +0200"], [0]),
        (role("id"), ["7", "7.0", " -1", None, ""], [7, 7, -1, None, None]),
        (role("sequence"), ["1 2.5", "[1, 2]", '["3"]', "", "[]", None], [[1, 2.5], [1, 2], [3], None, None, None]),
        (role("sequence", width=2), ["[[1, 2], [3, 4]]", "5,6"], [[1, 2, 3, 4], [5, 6]]),
        (role("ids"), ["[3, 0, 12]", None, "7"], [[3, 0, 12], None, [7]]),
        (role("moment"), ["1970-01-02", "12", " -3"], [86400, 12, -3]),
    ],
)
def test_text_is_typed_by_role(given, cells, typed):
    assert given.convert(pa.array(cells, pa.string())).to_pylist() == typed


NOON = datetime.datetime(1970, 1, 1, 12)


@pytest.mark.parametrize(
    ("given", "array", "typed"),
    [
        (role("numeric"), pa.array([0, 2**24 + 1, None]), [0, 2**24, None]),
        (role("numeric"), pa.array([0.0, 1e20]), [0, pytest.approx(1e20)]),
        (role("numeric"), pa.array([decimal.Decimal("1.50")]), [1.5]),
        (role("numeric"), pa.array(["0", "1"]).dictionary_encode(), [0, 1]),
        (role("categorical"), pa.array([0, 19, None]), ["0", "19", None]),
        (
            role("categorical"),
            pa.array([0.0, 19.0, 0.5, 123456789012.0, None]),
            ["0", "19", "0.5", "123456789012", None],
        ),
        (role("categorical"), pa.array([0.1], pa.float32()), ["0.1"]),
        (role("categorical"), pa.array([decimal.Decimal("1.50")]), ["1.5"]),
        (role("categorical"), pa.array([True, False]), ["true", "false"]),
        (role("categorical"), pa.array(["", "a", None]), [None, "a", None]),
        (role("categorical"), pa.array([b"a", b""]), ["a", None]),
        (role("categorical"), pa.array([3, None, 3]).dictionary_encode(), ["3", None, "3"]),
        (role("categorical"), pa.array([datetime.date(2024, 5, 31)]), ["2024-05-31"]),
        (role("categorical"), pa.array([None, None]), [None, None]),
        (role("boolean"), pa.array([True, False, None]), [1, 0, None]),
        (role("boolean"), pa.array([1.0, 0.0]), [1, 0]),
        (role("label", classes=("0", "1")), pa.array([1.0, 0.0]), [1, 0]),
        (role("label", classes=("false", "true")), pa.array([True, False]), [1, 0]),
        (role("timestamp"), pa.array([datetime.date(1970, 1, 2), None]), [86400, None]),
        (role("timestamp"), pa.array([NOON], pa.timestamp("ns")), [43200]),
        (role("timestamp"), pa.array([NOON], pa.timestamp("us", "Europe/Berlin")), [43200]),
        (role("timestamp", format="%Y%m%d"), pa.array([19700102]), [86400]),
        (role("timestamp", format="seconds"), pa.array([86400, None]), [86400, None]),
        (role("timestamp", format="milliseconds"), pa.array(["86400999", "", "-1"]), [86400, None, -1]),
        (role("timestamp", format="%G-W%V"), pa.array(["1970-W02", "2020-W53"]), [4 * 86400, 1609113600]),
        (role("id"), pa.array([7, None]), [7, None]),
        (role("sequence"), pa.array([[1.5, 2], [], None, [3]]), [[1.5, 2], None, None, [3]]),
        (role("sequence", width=2), pa.array([[[1, 2], [3, 4]], None, [[5, 6]]]), [[1, 2, 3, 4], None, [5, 6]]),
        (role("sequence"), pa.array([[1, 2], None], pa.list_(pa.int64(), 2)), [[1, 2], None]),
        (role("sequence"), pa.array([[0], [1, 2], [3]], pa.large_list(pa.int32())).slice(1), [[1, 2], [3]]),
        (role("ids"), pa.array([[1, 2], [3]]), [[1, 2], [3]]),
        (role("labels", classes=COLOURS), pa.array([["blue", "red"], [], None]), [[0, 2], None, None]),
        (role("labels", classes=("0", "1")), pa.array([[1, 0], [1.0]]), [[0, 1], [1]]),
        (role("labels", classes=COLOURS, separator=","), pa.array(["red, blue", "", '["red"]']), [[0, 2], None, [0]]),
        (role("moment"), pa.array([datetime.date(1970, 1, 2)]), [86400]),
        (role("moment"), pa.array([2**40, 1]), [2**40, 1]),
        (role("image"), pa.array([PIXEL, None, b""]), [PIXEL, None, None]),
        (role("image"), pa.array([base64.b64encode(PIXEL).decode()]), [PIXEL]),
    ],
)
def test_what_parquet_holds_becomes_what_its_text_would(given, array, typed):
    assert given.convert(array).to_pylist() == typed


@pytest.mark.parametrize(
    ("given", "cell", "reason"),
    [
        (role("numeric"), "abc", "is not a finite number, as a numeric column needs"),
        (role("numeric"), "nan", "is not a finite number"),
        (role("numeric"), "-Infinity", "is not a finite number"),
        (role("numeric"), "1_000", "is not a finite number"),
        (role("numeric"), "\u00a02", "is not a finite number"),
        (role("numeric"), "true", "is not a finite number"),
        (role("numeric"), "1e39", "is beyond the range of a 32-bit float"),
        (role("numeric"), "9223372036854775808", "is an integer beyond 64 bits"),
        (role("target"), "abc", "as a target column needs"),
        (role("target"), "", "is blank; every row needs a target"),
        (role("weight"), "-0.5", "is negative, which no weight may be"),
        (role("weight"), "", "is blank; every row needs a weight"),
        (role("label", classes=("no", "yes")), "maybe", "is neither no nor yes, as the label must be"),
        (role("label", classes=COLOURS), "pink", "is neither red, green nor blue, as the label must be"),
        (role("label", classes=COLOURS), "", "is blank; every row needs a label"),
        (role("labels", classes=COLOURS), "red|pink", "names `pink`, which is none of red, green, blue"),
        (role("labels", classes=COLOURS), '["red", null]', "names `None`, which is none of red"),
        (role("boolean"), "maybe", "is neither true nor false, yes nor no, 1 nor 0"),
        (role("timestamp"), "31.05.2024", "is no moment written as ISO 8601 has it"),
        (role("timestamp"), "2024-02-30", "is no moment"),
        (role("timestamp", format="seconds"), "now", "is no number of seconds since 1970"),
        (role("timestamp", format="%d.%m.%Y"), "31.02.2024", "is no moment written as %d.%m.%Y"),
        (role("text"), "z" * 100_001, "is a field of 100,001 characters; at most 100,000 are taken"),
        (role("id"), "1.5", "is no whole number, as a categorical column with `ids` needs"),
        (role("sequence"), "[1, null]", "holds what is not a number as this feature needs"),
        (role("sequence"), "[1, nan]", "holds what is not a number as this feature needs"),
        (role("sequence", width=2), "1 2 3", "holds 3 numbers, which is no multiple of the width 2"),
        (role("moment"), "soon", "is neither a moment written as ISO 8601 has it"),
        (role("moment"), "", "is blank; every row needs a moment"),
        (role("ids"), "[0.5]", "holds what is not a number as this feature needs"),
        (role("image"), "a.png", "is no image in base64; data.format: images takes the names of files"),
        (role("image"), "iVBORw0KGgo=", "is an image that is cut off"),
        (role("image"), "/9j/4", "is an image in base64 that cannot be decoded"),
    ],
)
def test_a_wrong_cell_is_refused_and_said_to_be(given, cell, reason):
    with pytest.raises(pa.ArrowInvalid):
        given.convert(pa.array([cell or None], pa.string()))
    assert reason in given.fault(cell)


@pytest.mark.parametrize("cell", ["1", " 1 ", "+1", ".5", "5.", "1e-400", "-9223372036854775808", "1e20", ""])
def test_a_sound_cell_has_no_fault(cell):
    assert role("numeric").fault(cell) is None


@pytest.mark.parametrize("array", [pa.array([float("nan")]), pa.array([2**63], pa.uint64()), pa.array([1e39])])
def test_a_number_of_parquet_is_held_to_the_same_rule(array):
    with pytest.raises(pa.ArrowInvalid):
        role("numeric").convert(array)


@pytest.mark.parametrize(
    "array", [pa.array([[1]]), pa.array([{"a": 1}]), pa.array([b"\xff"]), pa.array([datetime.timedelta(1)])]
)
@pytest.mark.parametrize("name", ["numeric", "categorical", "timestamp"])
def test_what_is_no_single_value_is_refused(array, name):
    with pytest.raises(pa.ArrowInvalid):
        role(name).convert(array)


@pytest.mark.parametrize("name", ROLES)
def test_an_empty_batch_is_typed_as_any_other(name):
    samples = {"timestamp": "2024-05-31", "image": base64.b64encode(PIXEL).decode()}
    given, sample = role(name, classes=("0", "1")), samples.get(name, "1")
    assert given.convert(pa.array([], pa.string())).type == given.convert(pa.array([sample])).type
