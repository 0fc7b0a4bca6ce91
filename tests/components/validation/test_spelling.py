import pyarrow as pa
import pytest

from components.readers.formats import FORMATS, find_scored
from components.validation.column_types import Role
from components.validation.spelling import Spelling, blank_missing, to_plain_numbers
from tests.components.readers.rows import write_parquet

NUMBERS = ["3", "3.0", "3.00", "3.", "+3", "2.50", ".5", "-0", "-0.0", "10.0", "007", "1.10.2", "1e3", "x.0", " 3.0"]
PLAIN = ["3", "3", "3", "3", "3", "2.5", "0.5", "0", "0", "10", "007", "1.10.2", "1e3", "x.0", " 3.0"]


AS_PROGRAMS_DO = Spelling()


def convert(kind, cells, spelling=AS_PROGRAMS_DO, **options):
    array = cells if isinstance(cells, pa.Array) else pa.array(cells, pa.string())
    return Role(kind, "c", spelling=spelling, **options).convert(array).to_pylist()


@pytest.mark.parametrize("kind", ["categorical", "group", "slice"])
def test_a_number_that_is_a_category_has_one_spelling(kind):
    assert convert(kind, NUMBERS) == PLAIN


def test_a_text_is_left_as_it_is():
    assert convert("text", NUMBERS) == NUMBERS


def test_every_format_makes_the_same_category_of_a_number(tmp_path):
    (tmp_path / "a.csv").write_text("c,d\n3.0,x\n,y\n2.50,z\n1000.0,z\n")
    (tmp_path / "a.jsonl").write_text('{"c": 3}\n{"c": null}\n{"c": 2.50}\n{"c": 1e3}\n')
    write_parquet(tmp_path / "a.parquet", pa.table({"c": [3.0, None, 2.5, 1000.0]}))
    role = Role("categorical", "c")
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        path = str(tmp_path / name)
        [trained] = FORMATS[name[2:]].read_batches(path, ["c"])
        [scored] = find_scored(path).read_rows(path)
        assert role.read_column(trained).to_pylist() == ["3", None, "2.5", "1000"]
        assert role.read_column(scored.choose_columns(["c"])).to_pylist() == ["3", None, "2.5", "1000"]


def test_blanks_and_case_count_for_nothing_where_the_config_says_so():
    cells = [" Red", "red ", "RED", "3.0 "]
    assert convert("categorical", cells) == cells
    assert convert("categorical", cells, Spelling(trim=True)) == ["Red", "red", "RED", "3"]
    assert convert("categorical", cells, Spelling(trim=True, lower=True)) == ["red", "red", "red", "3"]
    classes = ("no", "Yes")
    assert convert("label", ["YES ", "no", " yes"], Spelling(trim=True, lower=True), classes=classes) == [1, 0, 1]
    with pytest.raises(pa.ArrowInvalid):
        convert("label", ["YES "], Spelling(trim=True), classes=classes)


def test_a_label_of_numbers_takes_each_spelling():
    assert convert("label", ["1.0", "0.0", "1", "0"], classes=("0", "1")) == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("kind", "cells", "typed"),
    [
        ("numeric", ["1", "NA", " NA ", "", "  "], [1, None, None, None, None]),
        ("categorical", ["1", "NA", " NA ", "", "  "], ["1", None, None, None, None]),
        ("text", ["a b", "NA", "na"], ["a b", None, "na"]),
        ("boolean", ["yes", "NA"], [1, None]),
        ("timestamp", ["1970-01-02", "NA", "  "], [86400, None, None]),
        ("id", ["-999", "4"], [None, 4]),
        ("numeric", pa.array([1.5, -999.0, float("nan")]), [1.5, None, None]),
        ("categorical", pa.array([3, -999]), ["3", None]),
        ("categorical", pa.array([b"a", b"NA"]), ["a", None]),
        ("categorical", pa.array(["a", "NA"]).dictionary_encode(), ["a", None]),
    ],
)
def test_what_stands_for_a_missing_value_is_what_the_config_says(kind, cells, typed):
    assert convert(kind, cells, Spelling(missing=("NA", "-999", "NaN"))) == typed


def test_a_run_without_markers_takes_blanks_alone():
    assert convert("categorical", ["NA", "null", " ", ""]) == ["NA", "null", None, None]
    with pytest.raises(pa.ArrowInvalid):
        convert("numeric", ["NA"])
    assert blank_missing(pa.array([-1, 2]), ()).to_pylist() == [-1, 2]


@pytest.mark.parametrize(
    ("spelling", "cells", "numbers"),
    [
        (Spelling(thousands=",", unit="$"), ["$1,234.50", "-$3", " $ 5 ", "7", "$1,234,567"], [1234.5, -3, 5, 7, 1234567]),  # noqa: E501
        (Spelling(thousands=",", unit="$"), ["($1,234.50)", "\u2212$3", "$1,234.50-"], [-1234.5, -3, -1234.5]),
        (Spelling(thousands=",", unit="$"), ["$(1,234.50)", "$ (3)"], [-1234.5, -3]),
        (Spelling(thousands=","), ["1,23,456.5", "45,67,890", "1,234"], [123456.5, 4567890, 1234]),
        (Spelling(unit="%"), ["12.5 %", "7%", "-.5%"], [12.5, 7, -0.5]),
        (Spelling(decimal=","), ["3,25", "-,5", "7", "1,5e3", None, " "], [3.25, -0.5, 7, 1500, None, None]),
        (Spelling(decimal=",", thousands="."), ["1.234,5", "1.234", "0,5"], [1234.5, 1234, 0.5]),
        (Spelling(thousands="'"), ["1'234.5"], [1234.5]),
        (Spelling(decimal=",", thousands=" ", unit="€"), ["1 234,5 €", "1\u00a0234 €", "1\u202f234€"], [1234.5, 1234, 1234]),  # noqa: E501
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_spelled(spelling, cells, numbers):
    assert convert("numeric", cells, spelling) == numbers


@pytest.mark.parametrize(
    ("spelling", "cell"),
    [
        (Spelling(thousands=","), "12,34"),
        (Spelling(thousands=","), "0,346"),
        (Spelling(thousands=","), "123,45,678"),
        (Spelling(thousands=","), "1,2,345"),
        (Spelling(thousands=","), "1-2"),
        (Spelling(thousands=","), "-2-"),
        (Spelling(thousands=","), "1,234E+05"),
        (Spelling(decimal=","), "1.5"),
        (Spelling(decimal=",", thousands="."), "1.5"),
        (Spelling(unit="$"), "€5"),
        (Spelling(unit="%"), "12 % %"),
    ],
)
def test_a_number_that_is_spelled_otherwise_is_refused_and_never_read_as_another(spelling, cell):
    with pytest.raises(pa.ArrowInvalid, match=f"is no number spelled like .*{spelling.decimal}5"):
        to_plain_numbers(pa.array([cell]), spelling)
    assert Role("numeric", "c", spelling=spelling).fault(cell).endswith(spelling.example)
