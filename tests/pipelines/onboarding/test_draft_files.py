import json
from pathlib import Path

import pytest

from configs.reference.json_schema import FILE, write_schema
from pipelines.onboarding.config_draft import draft
from pipelines.onboarding.draft_files import name_file, name_pipeline, write_draft
from tests.pipelines.onboarding.conftest import mix


@pytest.mark.parametrize(
    ("file", "name"),
    [("Churn 2024.yaml", "churn_2024"), ("2024.yaml", "model_2024"), ("Größe.yaml", "gr_e"), ("_.yaml", "model")],
)
def test_a_pipeline_is_named_after_its_file(file, name):
    assert name_pipeline(Path(file)) == name


@pytest.mark.parametrize(
    ("data", "file"),
    [
        ("data/train.csv.gz", "train.yaml"),
        ("customers/", "customers.yaml"),
        ("data/part-*.csv", "data.yaml"),
        ("sample://taxi", "taxi.yaml"),
    ],
)
def test_a_config_is_named_after_its_data(data, file):
    assert name_file(data) == file


def test_a_draft_names_the_schema_that_lies_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mix().to_csv("rows.csv", index=False)
    (tmp_path / FILE).write_text("of an older version")
    write_draft(draft("rows.csv", "churned", Path("churn.yaml")).text, Path("churn.yaml"))
    first, second, *_ = Path("churn.yaml").read_text().splitlines()
    assert (first, second) == (f"# yaml-language-server: $schema={FILE}", "# millrace run churn.yaml")
    assert json.loads((tmp_path / FILE).read_text()) == write_schema()
