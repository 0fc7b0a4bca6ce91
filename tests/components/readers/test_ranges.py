"""A file is cut where none of its records is, and what is read range by range is what is read at once."""

import random

import pyarrow as pa
import pytest
from pyarrow import parquet

from components.readers import ranges
from components.readers.formats import find_format
from components.readers.ranges import Range, find_ends, pack
from configs.schema.dialect import Dialect

CELLS = ("", "7", "Blue", '"a,b"', '"two\nlines"', '"a ""quoted"" word"', '"three\n\n\nlines"', '"\n"', "é", '""""')


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(ranges, "SHARD", 50)
    monkeypatch.setattr(ranges, "BLOCK", 7)


def write(path, seed=0, newline="\n", begin="", rows=200):
    chance = random.Random(seed)
    lines = [",".join(chance.choice(CELLS) for _ in range(3)) for _ in range(rows)]
    path.write_bytes((begin + newline.join(["a,b,c", *lines, ""]).replace("\n\n\n", "\n\n\n")).encode())
    return str(path)


def read(path, dialect, parts):
    reader = find_format(path, "csv", dialect)
    return [row for part in parts for batch in reader.read_range(part) for row in batch.to_pylist()]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("newline", "begin"), [("\n", ""), ("\r\n", "\ufeff")])
def test_csv_is_cut_behind_its_records_whatever_its_quotes_hold(small, tmp_path, seed, newline, begin):
    path = write(tmp_path / "rows.csv", seed, newline, begin)
    for dialect in (Dialect(), Dialect(header=("x", "y", "z"))):
        cut = find_format(path, "csv", dialect).cut(path)
        assert len(cut) > 20
        assert sum(size for _, size in cut) == (tmp_path / "rows.csv").stat().st_size
        assert all(size < 4 * ranges.SHARD for _, size in cut)
        assert read(path, dialect, [part for part, _ in cut]) == read(path, dialect, [Range(path)])


def test_what_cannot_be_cut_for_sure_is_read_at_once(small, tmp_path):
    path = write(tmp_path / "rows.csv")
    size = (tmp_path / "rows.csv").stat().st_size
    for dialect in (Dialect(comment="#"), Dialect(compression="gzip"), Dialect(encoding="cp1252")):
        assert find_format(path, "csv", dialect).cut(path) == [(Range(path), size)]
    odd = tmp_path / "odd.csv"
    odd.write_text("a,b\n" + 'x"y,"two\nlines"\n' * 50)  # a quote that opens nothing
    assert find_format(str(odd), "csv").cut(str(odd)) == [(Range(str(odd)), odd.stat().st_size)]
    ends = find_ends(str(odd), "")  # where nothing is a quote
    assert len(ends) > 10 and {odd.read_bytes()[end - 1 : end] for end in ends} == {b"\n"}


def test_a_file_that_is_not_large_is_one_range(tmp_path):
    path = write(tmp_path / "rows.csv")
    assert find_format(path, "csv").cut(path) == [(Range(path), (tmp_path / "rows.csv").stat().st_size)]


def test_parquet_is_cut_between_its_groups_of_rows(small, tmp_path):
    path, table = str(tmp_path / "a.parquet"), pa.table({"a": list(range(1000)), "b": ["é"] * 1000})
    parquet.write_table(table, path, row_group_size=30)
    reader = find_format(path, "parquet")
    cut = reader.cut(path)
    assert [part.start for part, _ in cut] == [0, *(part.stop for part, _ in cut[:-1])]
    assert (cut[-1][0].stop, 20 < len(cut) <= 34) == (34, True)
    found = [row for part, _ in cut for batch in reader.read_range(part, ["b", "a"]) for row in batch.to_pylist()]
    assert found == table.select(["b", "a"]).to_pylist()
    parquet.write_table(table, path)
    assert [part for part, _ in reader.cut(path)] == [Range(path)]


def test_ranges_that_follow_each_other_fill_a_shard(small):
    names = {size: Range(str(size)) for size in (10, 20, 30, 60, 99, 120)}
    sizes = [10, 30, 20, 20, 30, 60, 10, 120, 99, 10]
    packed = list(pack((names[size], size) for size in sizes))
    assert [[int(part.path) for part in parts] for parts in packed] == [
        [10, 30, 20],
        [20, 30],
        [60],
        [10],
        [120],
        [99],
        [10],
    ]
