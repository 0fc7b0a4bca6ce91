"""Transform's graph, written by us and read by TFX Transform."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform.tf_metadata import schema_utils

from configs.schema.label import Label
from tests.trainer.rows import FEATURES, TRAINING, as_example, parse, type_of
from trainer.features.cells import from_examples
from trainer.features.graph import read_kinds, read_spec, trace_cells, write_graph
from trainer.features.learning import Seen
from trainer.features.learnt import Learnt
from trainer.features.preprocessing import Preprocessing
from trainer.settings import Columns

pytestmark = pytest.mark.slow
OTHERS = ("label",)


@pytest.fixture(scope="module")
def preprocessing(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("graph"))
    Seen.of(FEATURES, from_examples(FEATURES, parse(TRAINING))).conclude(FEATURES).write(folder)
    return Preprocessing(Columns(features=FEATURES, label=Label(name="label", kind="binary")), Learnt.read(folder))


@pytest.fixture(scope="module")
def graph(preprocessing, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("written"))
    schema = schema_utils.schema_from_feature_spec({name: tf.io.VarLenFeature(type_of(name)) for name in TRAINING[0]})
    write_graph(preprocessing, schema, folder)
    return folder


@pytest.fixture(scope="module")
def made(preprocessing):
    return {name: tensor.numpy() for name, tensor in preprocessing(parse(TRAINING)).items()}


def test_transform_reads_the_columns_and_what_becomes_of_them(graph, made):
    output = tft.TFTransformOutput(graph)
    assert read_kinds(graph) == {name: type_of(name) for name in TRAINING[0]}
    assert output.transformed_feature_spec() == read_spec(graph)
    assert {name: (spec.shape, spec.dtype) for name, spec in read_spec(graph).items()} == {
        name: (list(values.shape[1:]), tf.as_dtype(values.dtype)) for name, values in made.items()
    }


def test_transform_finds_the_vocabularies(graph, preprocessing):
    output = tft.TFTransformOutput(graph)
    for name, values in preprocessing.learnt.vocabularies.items():
        assert output.vocabulary_by_name(name) == values
        assert output.vocabulary_size_by_name(name) == len(values)


def test_transform_applies_the_graph(graph, made):
    output = tft.TFTransformOutput(graph)
    raw = tf.io.parse_example([as_example(row) for row in TRAINING], output.raw_feature_spec())
    for found in (output.transform_raw_features(raw), output.transform_features_layer()(raw)):
        assert found.keys() == made.keys()
        for name, values in made.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-6)


def test_the_graph_of_cells_makes_the_same(preprocessing, made):
    columns = parse(TRAINING)
    function = trace_cells(preprocessing, {name: type_of(name) for name in OTHERS})
    found = function(from_examples(FEATURES, columns), {name: columns[name] for name in OTHERS})
    assert found.keys() == made.keys()
    for name, values in made.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6)
