"""Transform's node on the shared pipeline, read by TFX Transform itself."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tfx.types import standard_artifacts

from components.transform import SPLITS, summarise
from trainer.features.learnt import Learnt


def test_the_summary_counts_the_vocabularies(tmp_path):
    graph = standard_artifacts.TransformGraph()
    graph.uri = str(tmp_path)
    Learnt({}, {}, {"company": [b"a"], "hour": [b"1", b"2"]}).write(graph.uri)
    assert summarise({"transform_graph": [graph]}).text == "2 vocabularies"


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
