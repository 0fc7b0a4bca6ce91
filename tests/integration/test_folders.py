"""Pictures in folders of their classes, PNG and JPEG mixed, by three commands."""

import csv

import pytest

from tests.integration.test_own_data import millrace
from tests.pipelines.onboarding.test_folder_inference import write_pictures


@pytest.mark.full
def test_mixed_pictures_are_scored_as_they_trained(tmp_path):
    write_pictures(tmp_path / "pics", width=16, height=8, count=40)
    write_pictures(tmp_path / "new", width=20, height=10, count=6)
    millrace(tmp_path, "init", "pics")
    millrace(tmp_path, "run", "pics.yaml")
    millrace(tmp_path, "predict", "pics.yaml", "--input", "new", "--output", "scored.csv")
    with (tmp_path / "scored.csv").open() as file:
        scored = {row["image"]: row["prediction"] for row in csv.DictReader(file)}
    assert len(scored) == 12
    assert {name.rpartition(".")[2] for name in scored} == {"png", "jpg", "JPEG"}
    assert all(name.split("/")[-2] == answer for name, answer in scored.items())
