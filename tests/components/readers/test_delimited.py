from tests.components.readers.rows import gathered, rows


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
