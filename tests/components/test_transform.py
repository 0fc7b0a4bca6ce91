"""Transform's node on the shared pipeline, read by TFX Transform itself."""

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tfx.types import standard_artifacts

from components import transform
from components.transform import SPLITS, See, summarise
from configs import progress
from configs.schema.features import Numeric
from configs.schema.label import Label
from trainer.features.cells import NUMBERS
from trainer.features.learnt import Learnt
from trainer.settings import Columns


def test_the_summary_counts_the_vocabularies(tmp_path):
    graph = standard_artifacts.TransformGraph()
    graph.uri = str(tmp_path)
    Learnt({}, {}, {"company": [b"a"], "hour": [b"1", b"2"]}).write(graph.uri)
    assert summarise({"transform_graph": [graph]}).text == "2 vocabularies"


def test_it_is_told_how_many_rows_were_learnt_from(monkeypatch, caplog):
    monkeypatch.setattr(progress, "EVERY", 0)
    batch = pa.RecordBatch.from_arrays([pa.array([[1.0], None, [3.0]], pa.large_list(pa.float32()))], ["fare"])
    monkeypatch.setattr(transform, "read_batches", lambda file, rows: [batch] * 2)
    monkeypatch.setattr(transform, "join_batches", lambda batches: batches)
    label = Label(name="tip", kind="binary")
    see = See(Columns(features={"fare": Numeric(kind="numeric")}, label=label).model_dump_json(), 3)
    see.setup()
    with caplog.at_level(logging.INFO, "millrace.progress"):
        [seen] = see.process("a shard")
    assert caplog.messages == ["3 rows learnt from", "6 rows learnt from"]
    assert seen.moments[NUMBERS].count.tolist() == [4]


@pytest.mark.slow
def test_rows_are_what_transforms_own_layer_makes_of_them_in_their_order(first_run):
    _, answer = first_run
    outputs = {node["node"]: node["outputs"] for node in answer.record["nodes"]}
    output = tft.TFTransformOutput(outputs["Transform"]["transform_graph"][0])
    layer = output.transform_features_layer()
    for split in SPLITS:
        raw, made = (
            list(read(Path(outputs[node][key][0], f"Split-{split}")))
            for node, key in (("ExampleGen", "examples"), ("Transform", "transformed_examples"))
        )
        assert len(raw) == len(made) > 0
        found = tf.io.parse_example(made, output.transformed_feature_spec())
        for name, values in layer(tf.io.parse_example(raw, output.raw_feature_spec())).items():
            np.testing.assert_allclose(found[name], values, atol=1e-6)


def read(folder):
    files = sorted(str(file) for file in folder.iterdir())
    return tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
