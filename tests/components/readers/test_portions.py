from pathlib import Path

import pytest

from components.readers.portions import count_rows, find_portions
from components.readers.spans import ALL
from configs.errors import DataRejected
from configs.schema.data import Data
from configs.schema.dialect import PLAIN


def write(folder: Path, span: int, rows: int) -> None:
    (folder / str(span)).mkdir(parents=True, exist_ok=True)
    (folder / str(span) / "a.csv").write_text("fare,tip\n" + "1,2\n" * rows)


def data(folder: Path, **keys: object) -> Data:
    return Data.model_validate({"format": "csv", "path": f"{folder}/{{SPAN}}/*.csv", **keys})


def test_what_a_run_would_take_and_what_is_newer_than_all_it_has_seen(tmp_path: Path) -> None:
    for span in (1, 2, 3, 5, 6):
        write(tmp_path, span, rows=span)
    assert list(find_portions(data(tmp_path), seen=[])) == ["6"]
    assert list(find_portions(data(tmp_path), seen=["2"])) == ["3", "5", "6"]
    assert list(find_portions(data(tmp_path, spans=3), seen=["6"])) == ["3", "5", "6"]
    assert list(find_portions(data(tmp_path, span=3), seen=["1"])) == ["2", "3"]
    assert {name: part.count_rows() for name, part in find_portions(data(tmp_path), ["3"]).items()} == {"5": 5, "6": 6}


def test_days_are_known_by_their_name(tmp_path: Path) -> None:
    for day in ("2026-02-28", "2026-03-01", "2026-03-02"):
        (tmp_path / f"{day}.csv").write_text("fare\n1\n")
    days = data(tmp_path, path=str(tmp_path / "{YYYY}-{MM}-{DD}.csv"))
    assert list(find_portions(days, seen=["7", "2026-02-28"])) == ["2026-03-01", "2026-03-02"]


def test_a_span_without_its_marker_is_not_there(tmp_path: Path) -> None:
    for span in (1, 2):
        write(tmp_path, span, rows=1)
    (tmp_path / "1" / "_SUCCESS").touch()
    assert list(find_portions(data(tmp_path, marker="_SUCCESS"), seen=["0"])) == ["1"]


def test_data_without_spans_is_one_portion(tmp_path: Path) -> None:
    write(tmp_path, 7, rows=4)
    [(name, found)] = find_portions(data(tmp_path, path=str(tmp_path / "7")), seen=[]).items()
    assert (name, found.count_rows()) == (ALL, 4)


def test_another_content_or_name_is_another_digest(tmp_path: Path) -> None:
    file, digests = tmp_path / "1" / "a.csv", []
    write(tmp_path, 1, rows=4)
    for change in (lambda: None, lambda: write(tmp_path, 1, rows=5), lambda: file.rename(tmp_path / "1" / "b.csv")):
        change()
        digests.append(find_portions(data(tmp_path), [])["1"].digest())
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("name", "format", "text"),
    [
        ("a.csv", "csv", 'x,y\n1,"two\nlines"\n3,\n'),
        ("a.jsonl", "jsonl", '{"x": 1}\n{"x": 3, "y": [1, 2]}\n'),
        ("a.json", "json", '[{"x": 1}, {"x": 3}]'),
    ],
)
def test_rows_are_counted_as_training_counts_them(tmp_path: Path, name: str, format: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert count_rows(str(tmp_path / name), format, PLAIN) == 2


def test_what_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="No span matches"):
        find_portions(data(tmp_path), seen=[])
