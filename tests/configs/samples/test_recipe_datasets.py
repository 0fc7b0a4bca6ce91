import csv
from pathlib import Path

import pytest

from configs.samples.recipe_datasets import TASKS


@pytest.fixture
def rows(tmp_path: Path, name: str) -> list[list[str]]:
    TASKS[name](tmp_path)
    with (tmp_path / f"{name}.csv").open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["markers"])
def test_the_marker_that_stands_first_is_the_label(rows: list[list[str]]) -> None:
    header, *rest = rows
    assert (header, len(rest)) == (["text", "first"], 10_000)
    for text, first in rest[:100]:
        words = text.split()
        assert len(words) == 100
        assert min(("alpha", "omega"), key=words.index) == first


@pytest.mark.parametrize("name", ["vectors_20"])
def test_a_vector_is_a_cell_of_numbers(rows: list[list[str]]) -> None:
    header, *rest = rows
    assert header == ["x", "label"]
    assert {len(cell.split()) for cell, _ in rest} == {20}
    assert {label for _, label in rest} == {"0", "1"}
