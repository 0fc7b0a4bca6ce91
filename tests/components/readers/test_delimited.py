import csv
import io
import random

import pytest

from components.readers.formats import find_format, find_scored
from components.validation.validate import check_file
from configs.errors import DataRejected
from configs.schema.dialect import Dialect
from tests.components.readers.rows import CELLS, gathered, rows, write_table

PIECES = ("a", "", '""', '"a"', '"a,b"', '"a""b"', '""""', '"a\nb"', " a", '"a" ', 'a"b', '"a"b', '"a', '"', "a\r")


def test_csv_is_text_and_a_blank_is_null(tmp_path):
    (tmp_path / "a.csv").write_text('count,name,seen\n007,,true\n,"a, b",""\n')
    assert rows(tmp_path / "a.csv", "csv") == [
        {"count": "007", "name": None, "seen": "true"},
        {"count": None, "name": "a, b", "seen": None},
    ]
    assert rows(tmp_path / "a.csv", "csv", ["seen", "count"]) == [
        {"seen": "true", "count": "007"},
        {"seen": None, "count": None},
    ]


def test_a_row_of_csv_is_numbered_by_its_first_line_whatever_stands_before_it(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes('\ufeffa,b\r\n1,"x\ny"\r\n\r\n2,é\r\n3\r\n4,"z"!\r\n5,\r\n'.encode())
    numbers, records, faults = gathered(path)
    assert numbers == [2, 5, 8]
    assert records == [{"a": "1", "b": "x\ny"}, {"a": "2", "b": "é"}, {"a": "5", "b": ""}]
    assert faults == [
        (6, "The row has 1 field; the header has 2."),
        (7, "A quote that opens in this row is not closed where its field ends."),
    ]


def test_a_quote_that_is_never_closed_takes_the_rows_after_it_along(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('a,b\n1,2\n3,"4\n5,6\n')
    assert gathered(path) == (
        [2],
        [{"a": "1", "b": "2"}],
        [(3, "A quote that opens in this row is not closed where its field ends (lines 3 to 4).")],
    )


@pytest.mark.parametrize("cell", ['"12"5', '"a"b', '"say "hello" to me"', '"a" ', '"abc,"def","gh"', '"a\nb"c'])
def test_text_after_a_closing_quote_is_refused_in_training_as_in_scoring(tmp_path, cell):
    path = tmp_path / "rows.csv"
    path.write_text(f'a,b\n1,2\n3,{cell}\n"4","5"\n')
    numbers, _, [(number, reason)] = gathered(path)
    with pytest.raises(DataRejected) as caught:
        check_file(str(path), "csv", {})
    assert (numbers, number) == ([2, 4 + cell.count("\n")], 3)
    assert (caught.value.where, caught.value.what) == (f"{path}:3", reason)


def write_case(chance: random.Random) -> str:
    """Rows of two cells, most of them sound, or any text of what parts and quotes them."""
    if chance.random() < 0.3:
        return "a,b\n" + "".join(chance.choices('"a,\r\n ', k=chance.randint(1, 12)))
    sound = PIECES if chance.random() < 0.3 else PIECES[:9]
    return "a,b\n" + "".join(f"{','.join(chance.choices(sound, k=2))}\n" for _ in range(chance.randint(1, 4)))


def test_a_file_is_read_as_python_reads_it_or_refused(tmp_path):
    chance, path, read = random.Random(7), tmp_path / "rows.csv", 0
    for _ in range(600):
        text = write_case(chance)
        path.write_bytes(text.encode())
        try:
            wanted = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row][1:]
            sound = all(len(row) == 2 for row in wanted)
        except csv.Error:
            sound = False
        try:
            check_file(str(path), "csv", {})
            found = [[cell or "" for cell in row.values()] for row in rows(path, "csv")]
        except DataRejected:
            assert not sound, text
        else:
            assert (sound, found) == (True, wanted), text
            read += 1
    assert read > 200


def read_both(path, dialect):
    """The cells of a file as training and as scoring read them."""
    check_file(path, "csv", {}, dialect=dialect)
    batches = list(find_format(path, "csv", dialect).read_batches(path))
    trained = [row for batch in batches for row in batch.to_pylist()]
    scored = [batch.choose_columns(batch.names) for batch in find_scored(path, "csv", dialect).read_rows(path)]
    assert trained == [row for table in scored for row in table.to_pylist()]
    return trained


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("header", [(), ("name", "price")])
@pytest.mark.parametrize("comment", ["", "#"])
def test_a_table_is_the_same_in_every_dialect(tmp_path, delimiter, quote, encoding, header, comment):
    dialect = Dialect(delimiter, quote, encoding, header, comment)
    path = write_table(tmp_path / "rows.csv", dialect)
    assert read_both(path, dialect) == [{"name": a or None, "price": b or None} for a, b in CELLS[1:]]


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".zst"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.txt"])
def test_a_compressed_table_is_the_same(tmp_path, suffix, name):
    dialect = Dialect(delimiter="\t")
    path = write_table(tmp_path / f"{name}{suffix}", dialect)
    assert len(read_both(path, dialect)) == 4


def test_a_table_without_quotes_takes_them_for_text(tmp_path):
    dialect = Dialect(delimiter="|", quote="")
    rows = [["name", "size"], ['5" pipe', '"'], ["'a", "b"]]
    path = write_table(tmp_path / "rows.csv", dialect, rows)
    assert read_both(path, dialect) == [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_the_rows_are_numbered_as_an_editor_shows_them(tmp_path):
    dialect = Dialect(delimiter=";", comment="#")
    path = tmp_path / "rows.csv"
    path.write_text('# of 2024\na;b\n#1;2\n"3\n#";4\n#\n5\n')
    [batch] = find_scored(str(path), "csv", dialect).read_rows(str(path))
    assert (batch.numbers, batch.records) == ([4], [{"a": "3\n#", "b": "4"}])
    assert [(fault.number, fault.reason) for fault in batch.faults] == [(7, "The row has 1 field; the header has 2.")]


def test_wide_rows_come_in_batches_of_many(tmp_path):
    path, columns = tmp_path / "wide.csv", 4000
    header = ",".join(f"c{place}" for place in range(columns))
    path.write_text(f"{header}\n" + 300 * (",".join(columns * ["0.25"]) + "\n"))  # 6 MB
    assert [len(batch) for batch in find_format(str(path), "csv").read_batches(str(path), None, [])] == [300]
