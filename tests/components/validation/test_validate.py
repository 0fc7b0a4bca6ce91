import gzip
import logging

import pyarrow as pa
import pytest
from pyarrow import parquet

from components.readers import delimited
from components.validation import validate
from components.validation.column_types import Role
from configs import progress
from configs.errors import DataRejected
from configs.loading.loader import load
from configs.schema.privacy import Code

ROLES = {
    "fare": Role("numeric", "fare"),
    "company": Role("categorical", "company"),
    "tipped": Role("label", "tipped", classes=("0", "1")),
    "hour": Role("slice", "hour"),
}
HEADER = b"fare,company,tipped,hour,note\n"
GOOD = b"1.5,Blue,0,7,\n2,Red,1,8,\n"


def write(path, content):
    path.write_bytes(content)
    return str(path)


def read(*files, format="csv", roles=ROLES):
    return [row for batch in validate.check_batches(files, format, roles) for row in batch.to_pylist()]


def rejection(*files, **options):
    with pytest.raises(DataRejected) as caught:
        read(*files, **options)
    return caught.value


def test_cells_are_typed_by_role_and_never_by_content(tmp_path):
    rows = read(write(tmp_path / "a.csv", HEADER + b"1,01,0,7,unread\n,,1,,\n"))
    assert rows == [
        {"fare": 1.0, "company": "01", "tipped": 0, "hour": "7"},
        {"fare": None, "company": None, "tipped": 1, "hour": None},
    ]


def test_types_do_not_depend_on_the_rows(tmp_path):
    rows = write(tmp_path / "a.csv", HEADER + b",,0,,\n,,1,,\n")
    (batch,) = validate.check_batches([rows], "csv", ROLES)
    assert batch.schema.types == [pa.float32(), pa.string(), pa.int64(), pa.string()]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + HEADER + GOOD,
        (HEADER + GOOD).replace(b"\n", b"\r\n"),
        HEADER + b"\n" + GOOD + b"\n",
        HEADER + GOOD.rstrip(b"\n"),
        HEADER + b'"1.5","Blue","0",7,""\n 2 ,Red,1,8,\n',
    ],
    ids=["byte-order mark", "carriage returns", "blank lines", "no last newline", "quotes and spaces"],
)
def test_harmless_variants_read_alike(tmp_path, content):
    rows = read(write(tmp_path / "a.csv", content))
    assert [(row["fare"], row["company"], row["tipped"]) for row in rows] == [(1.5, "Blue", 0), (2.0, "Red", 1)]


def test_text_in_quotes_keeps_its_newlines_commas_and_quotes(tmp_path):
    rows = read(write(tmp_path / "a.csv", HEADER + GOOD + b'3,"Blue\n""and"", Red",1,9,5" pipe\n'))
    assert rows[2]["company"] == 'Blue\n"and", Red'


@pytest.mark.parametrize(
    ("rows", "place", "what"),
    [
        (b"1,Blue,0,7\n", ":4", "The row has 4 fields; the header has 5."),
        (b"1,Blue,0,7,,\n", ":4", "The row has 6 fields; the header has 5."),
        (b'"1","Blue\nRed",0,7,\nabc,Red,1,8,\n', ":6:fare", "`abc` is not a finite number"),
        (b"abc,Blue,0,7,\n", ":4:fare", "`abc` is not a finite number"),
        (b"nan,Blue,0,7,\n", ":4:fare", "`nan` is not a finite number"),
        (b"-Infinity,Blue,0,7,\n", ":4:fare", "`-Infinity` is not a finite number"),
        (b"1,Blue, ,7,\n", ":4:tipped", "` ` is blank; every row needs a label"),
        (b"1e39,Blue,0,7,\n", ":4:fare", "`1e39` is beyond the range of a 32-bit float"),
        (b"9223372036854775808,Blue,0,7,\n", ":4:fare", "is an integer beyond 64 bits"),
        (b"9" * 5000 + b",Blue,0,7,\n", ":4:fare", "9...` is an integer beyond 64 bits"),
        (b"1,Blue,99999999999999999999,7,\n", ":4:tipped", "is an integer beyond 64 bits"),
        (b"1,Blue,yes,7,\n", ":4:tipped", "`yes` is neither 0 nor 1"),
        (b"1,Bl\xffue,0,7,\n", ":4", "Byte 59 of the file (0xff) is not UTF-8."),
        (b"1,Blue,0,7,\xe9\n", ":4", "Byte 66 of the file (0xe9) is not UTF-8."),
        (b"1,Bl\0ue,0,7,\n", ":4", "Byte 59 of the file is NUL"),
        (b'1,"Blue,0,7,\n2,Red,1,8,\n', ":4", "A quote that opens in this row is not closed"),
        (b'1,"Blue,0,7,\n2,"Red",1,8,\n', ":4", "A quote that opens in this row is not closed"),
        (b'1,Blue,0,"7,\n2,Red,1",8,\n', ":4", "(lines 4 to 5: a quote opens there)"),
        (b'1,Blue,0,7,"note\n', ":4", "A quote that opens in this row is not closed"),
        (b"1," + b"z" * 120_000 + b",0,7,\n", ":4:company", "is a field of 120,000 characters"),
        (b"1,Blue,0,7," + b"z" * 200_000 + b"\n", ":4", "A field has more than 100,000 characters."),
        (b"1," + b"z" * 5_000_000 + b",0,7,\n", ":4", "A field has more than 100,000 characters."),
    ],
)
def test_a_faulty_row_is_named(tmp_path, rows, place, what):
    path = write(tmp_path / "a.csv", HEADER + GOOD + rows + GOOD)
    error = rejection(path)
    assert (error.where, error.exit_code) == (path + place, 3)
    assert what in error.what
    assert error.remedy


def test_rows_are_counted_in_the_file_not_in_the_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 256)
    path = write(tmp_path / "a.csv", HEADER + GOOD * 500 + b"x,Blue,0,7,\n")
    assert rejection(path).where == f"{path}:1002:fare"


def test_a_large_float_is_no_integer_beyond_64_bits(tmp_path):
    assert read(write(tmp_path / "a.csv", HEADER + GOOD + b"1e20,Blue,0,7,\n"))[2]["fare"] == pytest.approx(1e20)


def test_a_fault_in_a_later_file_names_that_file(tmp_path):
    first, second = write(tmp_path / "1.csv", HEADER + GOOD), write(tmp_path / "2.csv", HEADER + b"1,Blue\n")
    assert rejection(first, second).where == f"{second}:2"


@pytest.mark.parametrize(
    ("header", "what", "remedy"),
    [
        (b"fare,company,Tipped,hour\n", "`tipped` is absent. The nearest is `Tipped`.", "label.name"),
        (b"fares,company,tipped,hour\n", "The columns are: fares, company, tipped, hour.", "features.fare"),
        (b"fare,company,tipped,note\n", "`hour` is absent.", "evaluation.slices"),
        (b"fare,company,tipped,hour,fare\n", "the column `fare` more than once", "Rename"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_by_name(tmp_path, header, what, remedy):
    path = write(tmp_path / "a.csv", header + b"1,Blue,0,7\n")
    error = rejection(path)
    assert error.where == f"{path}:1"
    assert what in error.what
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("header", "difference"),
    [
        (b"fare,company,tipped,hours,note\n", "Column 4 of the header is `hours`, but `hour` in"),
        (b"company,fare,tipped,hour,note\n", "Column 1 of the header is `company`, but `fare` in"),
        (b"fare,company,tipped,hour\n", "Column 5 of the header is absent, but `note` in"),
        (HEADER.replace(b"note", b"note,more"), "Column 6 of the header is `more`, but absent in"),
    ],
)
def test_a_shard_with_another_header_is_named_with_the_difference(tmp_path, header, difference):
    first, second = write(tmp_path / "1.csv", HEADER + GOOD), write(tmp_path / "2.csv", header + GOOD)
    error = rejection(first, second)
    assert error.where == f"{second}:1"
    assert error.what == f"{difference} {first}."


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "The file is empty."), (HEADER, "The file has a header but no rows."), (HEADER.rstrip(), "no rows")],
)
def test_a_file_without_rows_is_refused(tmp_path, content, what):
    path = write(tmp_path / "a.csv", content)
    error = rejection(path)
    assert error.where == path
    assert what in error.what


def test_an_unreadable_file_is_said_to_be_so(tmp_path):
    (tmp_path / "a.csv").symlink_to(tmp_path / "nowhere")
    assert rejection(str(tmp_path / "a.csv")).what == "The file cannot be read (No such file or directory)."


@pytest.mark.parametrize(
    ("labels", "place", "what"),
    [
        ("0000", "", "The label `tipped` has one class only: it is 0 in 4 rows."),
        ("1", "", "The label `tipped` has one class only: it is 1 in 1 row."),
        ("0102", ":5:tipped", "it is 0 in 2 rows, 1 in 1 row, 2 in 1 row."),
        ("00 1", ":4:tipped", "it is 0 in 2 rows, blank in 1 row, 1 in 1 row."),
        ("   ", ":2:tipped", "it is blank in 3 rows."),
    ],
)
def test_a_label_that_cannot_be_learnt_is_refused_with_its_counts(tmp_path, labels, place, what):
    rows = "".join(f"1,Blue,{label.strip()},7,\n" for label in labels)
    path = write(tmp_path / "a.csv", HEADER + rows.encode())
    error = rejection(path)
    assert error.where == path + place
    assert what in error.what


def test_label_counts_span_the_files(tmp_path):
    files = [write(tmp_path / f"{value}.csv", HEADER + f"1,Blue,{value},7,\n".encode()) for value in (0, 1)]
    assert [row["tipped"] for row in read(*files)] == [0, 1]
    assert rejection(files[0]).where == files[0]


COLOURS = {"colour": Role("label", "colour", classes=("red", "green", "blue"))}
PRICES = {"price": Role("target", "price"), "paid": Role("weight", "paid")}


def column(name, *cells):
    return "".join(f"{cell}\n" for cell in (f"{name},note", *(f"{cell}," for cell in cells))).encode()


def test_labels_are_the_places_of_their_classes(tmp_path):
    path = write(tmp_path / "a.csv", column("colour", "green", " red", "blue"))
    assert [row["colour"] for row in read(path, roles=COLOURS)] == [1, 0, 2]


@pytest.mark.parametrize(
    ("cells", "place", "what"),
    [
        (
            ["red", "pink", "red", "blue"],
            ":3:colour",
            "`pink` is neither red, green nor blue, as the label must be. "
            "In all, it is red in 2 rows, pink in 1 row, blue in 1 row.",
        ),
        (
            ["red", ""],
            ":3:colour",
            "The cell is blank; every row needs a label. In all, it is red in 1 row, blank in 1 row.",
        ),
        (["blue", "blue"], "", "The label `colour` has one class only: it is blue in 2 rows."),
    ],
)
def test_a_label_is_one_of_its_classes(tmp_path, cells, place, what):
    path = write(tmp_path / "a.csv", column("colour", *cells))
    error = rejection(path, roles=COLOURS)
    assert (error.where, error.what) == (path + place, what)
    assert "label" in error.remedy


@pytest.mark.parametrize(
    ("rows", "place", "what"),
    [
        (["1.5,1", ",1"], ":3:price", "The cell is blank; every row needs a target."),
        (["1.5,1", "abc,1"], ":3:price", "`abc` is not a finite number, as a target column needs."),
        (["1.5,1", "inf,1"], ":3:price", "`inf` is not a finite number, as a target column needs."),
        (["1.5,1", "1.50,1"], "", "The label `price` is 1.5 in every row (2 rows): nothing is left to learn."),
        (["1.5,1", "2.5,"], ":3:paid", "The cell is blank; every row needs a weight."),
        (["1.5,1", "2.5,-1"], ":3:paid", "`-1` is negative, which no weight may be."),
    ],
)
def test_a_target_and_a_weight_are_numbers_in_every_row(tmp_path, rows, place, what):
    path = write(tmp_path / "a.csv", "\n".join(["price,paid", *rows]).encode())
    error = rejection(path, roles=PRICES)
    assert (error.where, error.what) == (path + place, what)
    assert "config" in error.remedy


SOUND = {"fare": [1.5, None, 0.0], "company": [1, 0, None], "tipped": [0, 1, 1], "hour": [7.0, None, 0.5]}


def write_parquet(path, **columns):
    parquet.write_table(pa.table(SOUND | columns), path, row_group_size=2)
    return str(path)


def test_parquet_reads_as_csv_of_its_texts_does(tmp_path):
    rows = b"fare,company,tipped,hour\n1.5,1,0,7\n,0,1,\n0.0,,1,0.5\n"
    assert read(write_parquet(tmp_path / "a.parquet"), format="parquet") == read(write(tmp_path / "a.csv", rows))


@pytest.mark.parametrize(
    ("columns", "place", "what"),
    [
        ({"fare": [1.5, 0.0, float("nan")]}, ":3:fare", "`nan` is not a finite number, as a numeric column needs."),
        ({"fare": ["1", "2", "x"]}, ":3:fare", "`x` is not a finite number, as a numeric column needs."),
        (
            {"fare": pa.array([1, 2, 2**63], pa.uint64())},
            ":3:fare",
            "`9223372036854775808` is an integer beyond 64 bits.",
        ),
        ({"fare": [1.0, 1e39, 2.0]}, ":2:fare", "`1e+39` is beyond the range of a 32-bit float."),
        ({"company": [b"a", b"b", b"\xff"]}, ":3:company", "The cell cannot be read: Invalid UTF8 payload."),
        ({"company": [[1], [2], [3]]}, ":1:company", "> is no single value."),
        ({"company": ["a", "z" * 120_000, "b"]}, ":2:company", "is a field of 120,000 characters"),
        (
            {"tipped": [0, 1, 2]},
            ":3:tipped",
            "`2` is neither 0 nor 1, as the label must be. In all, it is 0 in 1 row, 1 in 1 row, 2",
        ),
        ({"tipped": [0, None, 1]}, ":2:tipped", "The cell is blank; every row needs a label."),
        ({"tipped": [1, 1, 1]}, "", "The label `tipped` has one class only: it is 1 in 3 rows."),
    ],
)
def test_a_faulty_cell_of_parquet_is_named_by_its_row(tmp_path, columns, place, what):
    path = write_parquet(tmp_path / "a.parquet", **columns)
    error = rejection(path, format="parquet")
    assert (error.where, error.exit_code) == (path + place, 3)
    assert what in error.what
    assert error.remedy


def test_a_column_that_parquet_lacks_is_named(tmp_path):
    path = str(tmp_path / "a.parquet")
    parquet.write_table(pa.table({"fares": [1.0], "company": ["a"], "tipped": [0], "hour": [7]}), path)
    error = rejection(path, format="parquet")
    assert error.where == path
    assert error.what == (
        "The column `fare` is absent. The nearest is `fares`. The columns are: fares, company, tipped, hour."
    )
    assert error.remedy == "Correct features.fare in the config, or the file."


def test_a_shard_of_parquet_with_other_columns_is_named_with_the_difference(tmp_path):
    first = write_parquet(tmp_path / "1.parquet")
    second = write_parquet(tmp_path / "2.parquet", note=["a", "b", "c"])
    error = rejection(first, second, format="parquet")
    assert (error.where, error.what) == (second, f"Column 5 of the file is `note`, but absent in {first}.")


def test_a_parquet_file_without_rows_is_refused(tmp_path):
    path = str(tmp_path / "a.parquet")
    parquet.write_table(pa.table(SOUND).slice(0, 0), path)
    assert rejection(path, format="parquet").what == "The file has columns but no rows."


def spoil(path, change):
    with open(path, "rb") as file:
        content = bytearray(file.read())
    return write(path, change(content))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda content: b"", "The file is empty."),
        (lambda content: HEADER + GOOD, "The file cannot be read as Parquet: Parquet magic bytes not found"),
        (lambda content: content[:-20] + content[-8:], "The file cannot be read as Parquet: "),
        (lambda content: content[:10] + b"\xff" * 40 + content[50:], "The file cannot be read as Parquet: "),
    ],
    ids=["empty", "CSV", "damaged at its end", "damaged at its start"],
)
def test_a_file_that_is_not_parquet_is_said_to_be_so(tmp_path, change, what):
    write_parquet(tmp_path / "a.parquet")
    path = spoil(tmp_path / "a.parquet", change)
    error = rejection(path, format="parquet")
    assert error.where == path
    assert error.what.startswith(what)
    assert "\n" not in error.what


def test_an_absent_parquet_file_is_said_to_be_so(tmp_path):
    error = rejection(str(tmp_path / "a.parquet"), format="parquet")
    assert error.what == "The file cannot be read (No such file or directory)."


def test_a_faulty_cell_of_json_lines_is_named_by_its_line(tmp_path):
    good = '{"fare": 1, "company": "a", "tipped": 0, "hour": 7}\n\n{"company": "b", "tipped": 1}\n'
    assert [row["hour"] for row in read(write(tmp_path / "a.jsonl", good.encode()), format="jsonl")] == ["7", None]
    path = write(tmp_path / "b.jsonl", (good + '{"fare": true, "tipped": 1}\n').encode())
    error = rejection(path, format="jsonl")
    assert (error.where, error.what) == (f"{path}:4:fare", "`true` is not a finite number, as a numeric column needs.")


def test_small_data_is_checked_at_once_and_large_data_is_not(tmp_path, monkeypatch):
    rows = write(tmp_path / "rows.csv", HEADER + GOOD)
    features = "features={fare: {kind: numeric}, company: {kind: categorical, vocabulary: 2}}"
    config = load("configs/taxi.yaml", [f"data.path={rows}", features, "label.name=tipped", "evaluation.slices=[[]]"])
    validate.check_small(config)
    write(tmp_path / "rows.csv", HEADER + GOOD + b"abc,Blue,0,7,\n")
    with pytest.raises(DataRejected) as caught:
        validate.check_small(config)
    assert caught.value.where == f"{rows}:4:fare"
    monkeypatch.setattr(validate, "SMALL", 10)
    validate.check_small(config)


@pytest.mark.parametrize(
    ("name", "format", "remedy"),
    [
        ("a.csv", "jsonl", "Write data.format: csv, as its name says."),
        ("a.csv.gz", "parquet", "Write data.format: csv, as its name says."),
        ("a.csv", "text", "Write data.format: csv, as its name says."),
        ("a.dat", "jsonl", "Correct the row, or data.format."),
        ("a.dat", "parquet", "Correct the file, or data.format."),
    ],
)
def test_a_wrong_format_is_named_before_a_row(tmp_path, name, format, remedy):
    content = HEADER + GOOD
    path = write(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content)
    assert rejection(path, format=format).remedy == remedy


def test_a_wrong_kind_is_named_before_a_cell(tmp_path):
    path = write(tmp_path / "a.csv", HEADER + b"Blue,1,0,7,\nRed,2,1,8,\n")
    error = rejection(path)
    assert (error.where, error.remedy) == ("features.fare.kind", "Write kind: categorical, or text.")
    assert f"such as `Blue` in {path}:2" in error.what


def test_the_rows_so_far_are_told(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(progress, "EVERY", 0)
    files = [write(tmp_path / f"{name}.csv", HEADER + GOOD) for name in "ab"]
    with caplog.at_level(logging.INFO, "millrace.progress"):
        read(*files)
    assert caplog.messages == ["2 rows checked", "4 rows checked"]


def test_a_faulty_cell_under_a_mask_is_not_shown(tmp_path):
    (tmp_path / "rows.csv").write_text("age,left\n37,1\ncanary,0\n38,1\n39,0\n")
    roles = {"age": Role("numeric", "age", mask=Code(bin=10)), "left": Role("label", "left", ("0", "1"))}
    with pytest.raises(DataRejected) as error:
        list(validate.check_batches([str(tmp_path / "rows.csv")], "csv", roles))
    assert error.value.what == "The cell is not a finite number, as a numeric column needs."
    assert error.value.where == f"{tmp_path}/rows.csv:3:age"
