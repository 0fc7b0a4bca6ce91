import csv

import pytest

from bench import data


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_every_row_is_on_one_side():
    lines = [f"{number},1" for number in range(1000)]
    train, heldout = data.split(lines)
    assert sorted(train + heldout) == sorted(lines)
    assert 150 < len(heldout) < 250
    assert data.split(lines[::-1])[1] == heldout[::-1]


@pytest.mark.slow
def test_the_files_hold_the_sample_as_often_as_asked(tmp_path):
    files = data.write(tmp_path, [1, 10])
    once, often, heldout = rows(files.train[1]), rows(files.train[10]), rows(files.heldout)
    assert often == once * 10
    assert files.rows == {1: len(once), 10: len(often)} == {1: 11996, 10: 119960}
    assert len(once) + len(heldout) == 15002
    assert data.LABEL in once[0]
    assert sorted(files.train[10].parent.iterdir()) == [files.train[10]]


def test_the_one_census_tract_is_trained_on(tmp_path):
    """TFX's example takes the column for numbers, which a column without any value is not."""
    trained = rows(data.write(tmp_path, [1]).train[1])
    assert sum(bool(row["pickup_census_tract"]) for row in trained) == 1
