"""Rows in a bucket, by three commands: a copy is all that a run sees of it, and what it names is the URL."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from configs.copies import COPIES
from tests.fakes import bucket
from tests.integration.test_own_data import millrace

ROWS = "s3://models/shop/{}.csv"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv(COPIES, str(tmp_path))
    with bucket.serve() as files:
        yield files


@pytest.mark.full
def test_a_model_is_made_of_rows_in_a_bucket_and_scores_others_there(tmp_path: Path, files: Any) -> None:
    chance = random.Random(3)
    rows = [(chance.randint(18, 80), chance.choice("abc")) for _ in range(2000)]
    lines = [f"{age},{city},{int(age > 40 or city == 'b')}" for age, city in rows]
    files.pipe_file(ROWS.format("known"), "\n".join(["age,city,bought", *lines]).encode())
    files.pipe_file(ROWS.format("new"), b"age,city\n70,a\n20,c\n")
    millrace(tmp_path, "init", ROWS.format("known"), "--label", "bought", "--quality", "fast", "-o", "shop.yaml")
    millrace(tmp_path, "run", "shop.yaml")
    millrace(tmp_path, "predict", "shop.yaml", "--input", ROWS.format("new"), "--output", "scored.csv")
    assert pd.read_csv(tmp_path / "scored.csv")["prediction"].tolist() == [1, 0]
    assert ROWS.format("known").rpartition("/")[0] in (tmp_path / "shop.yaml").read_text()
