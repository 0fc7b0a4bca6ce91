import csv
import io
import random

import pytest

from components.validation.validate import check_file
from configs.errors import DataRejected
from tests.components.readers.rows import gathered, rows

CELLS = ("a", "", '""', '"a"', '"a,b"', '"a""b"', '""""', '"a\nb"', " a", '"a" ', 'a"b', '"a"b', '"a', '"', "a\r")


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
        (6, "The row has 1 fields; the header has 2."),
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
    sound = CELLS if chance.random() < 0.3 else CELLS[:9]
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
