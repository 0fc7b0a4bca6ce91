import json

import pytest
import tensorflow as tf

from bench.rounds import score
from bench.score import encode, read_types
from bench.task import Answer, Task
from components.registry.versions import MANIFEST
from tests.sandbox import Sandbox

SCHEMA = """
feature { name: "fare" type: FLOAT }
feature { name: "hour" type: INT }
feature { name: "company" type: BYTES }
feature { name: "tract" type: INT }
"""


def test_a_row_is_encoded_as_its_schema_types_it():
    row = {"fare": "7.5", "hour": "19.0", "company": "Blue Ribbon", "tract": "", "unknown": "x"}
    feature = tf.train.Example.FromString(encode(row, read_types(SCHEMA))).features.feature
    assert sorted(feature) == ["company", "fare", "hour"]
    assert feature["fare"].float_list.value == [7.5]
    assert feature["hour"].int64_list.value == [19]
    assert feature["company"].bytes_list.value == [b"Blue Ribbon"]


@pytest.mark.full
def test_a_published_model_is_scored_on_raw_rows(published: Sandbox, tmp_path):
    version = published.home.serving / "1"
    answer = Answer({}, model=str(version), schema=str(version / "assets.extra/schema/schema.pbtxt"))
    found = score(answer, Task(str(published.data), str(published.data), str(tmp_path), seed=1))
    manifest = json.loads((version / MANIFEST).read_text())
    assert found == pytest.approx(manifest["metrics"]["auc"], abs=0.05)
