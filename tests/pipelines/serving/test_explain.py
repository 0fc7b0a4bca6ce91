"""Why a published version answers a row as it does."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from components.explanation.shapley import Contributions
from configs.errors import MillraceError
from configs.schema.label import Label
from pipelines.serving import explain
from pipelines.serving.batch_predict import choose_version, predict_row
from pipelines.serving.explain import Explained, choose_unit, draw_rows, explain_row, read_background, tell

ROW = '{"fare": 12.5, "trip_miles": 3.2, "trip_seconds": 600, "payment_type": "Credit Card", "company": null}'


@pytest.mark.parametrize(
    ("label", "answer", "chosen"),
    [
        ({"kind": "binary", "classes": ["no", "yes"]}, [0.3], (0, "score of tip = yes")),
        ({"kind": "multiclass", "classes": ["a", "b", "c"]}, [0.2, 0.5, 0.3], (1, "score of tip = b")),
        ({"kind": "regression", "quantiles": [0.1, 0.5, 0.9]}, [1, 2, 3], (1, "tip")),
    ],
)
def test_what_is_explained_is_the_class_that_is_told_or_the_number(label, answer, chosen):
    assert choose_unit(np.array(answer), Label.model_validate({"name": "tip"} | label, strict=False)) == chosen


def test_the_background_is_of_all_files(tmp_path, monkeypatch):
    monkeypatch.setattr(explain, "BACKGROUND", 30)
    files = [tmp_path / f"{number}.parquet" for number in range(3)]
    for number, file in enumerate(files):
        cells = pa.array([[number * 100 + row] for row in range(100)], pa.large_list(pa.int64()))
        parquet.write_table(pa.table({"other": cells, "fare": cells}), file)
    found = draw_rows(files, ["fare"])
    assert found.schema.names == ["fare"]
    assert len(set(found.column(0).flatten().to_pylist())) == 30
    assert set(found.column(0).flatten().to_numpy() // 100) == {0, 1, 2}


def test_the_lines_stand_below_each_other():
    features = {"fare": -0.25, "a_feature_of_a_long_name": 0.5}
    explained = Explained(3, "score of tip = 1", Contributions(0.75, 0.5, features))
    assert tell(explained).splitlines() == [
        "score of tip = 1, version 3",
        "of training rows          0.5000",
        "a_feature_of_a_long_name +0.5000",
        "fare                     -0.2500",
        "of this row               0.7500",
    ]


@pytest.mark.slow
def test_the_contributions_lead_from_the_training_rows_to_the_score(published):
    home = published.home
    explained = explain_row(home, ROW)
    found = explained.contributions
    assert list(found.features) == ["fare", "trip_miles", "trip_seconds", "payment_type", "company"]
    assert sum(found.features.values()) == pytest.approx(found.answer - found.base, abs=1e-6)
    assert found.answer == pytest.approx(predict_row(home, ROW)["score_1"], abs=1e-6)
    data = explained.as_data()
    assert [abs(value) for value in data["features"].values()] == sorted(map(abs, found.features.values()))[::-1]
    lines = tell(explained).splitlines()
    assert lines[0] == "score of big_tipper = 1, version 1"
    assert lines[-1].endswith(f"{found.answer:.4f}")
    assert read_background(home, *choose_version(home, None)).schema.names == list(found.features)


@pytest.mark.slow
def test_the_command_line_says_it_and_loads_no_tensorflow(published):
    told = published.millrace("explain", "--row", ROW, "--output", "json")
    assert told.code == 0, told.stderr
    assert published.millrace("predict", "--row", ROW, "--explain", "--output", "json").stdout == told.stdout
    assert json.loads(told.stdout)["of"] == "score of big_tipper = 1"
    code = "import sys, pipelines.serving.explain; sys.exit('tensorflow' in sys.modules or 'tfx' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_rows_that_are_gone_are_said_to_be(sandbox):
    shutil.rmtree(sandbox.home.artifacts / "ExampleGen")
    with pytest.raises(MillraceError, match="that version 1 was trained on are gone"):
        explain_row(sandbox.home, ROW)
