"""The model of a published pipeline, asked as a server would ask it."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from components.load_check import (
    LOADERS,
    SPLIT,
    answer_as_served,
    answer_as_trained,
    compare,
    first_rows,
    make_requests,
)
from configs.errors import NotBlessed
from configs.loading.loader import load
from trainer.export.saved_model import KERAS_MODEL
from trainer.features.graph import read_spec
from trainer.settings import Columns

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outputs(first_run):
    _, answer = first_run
    return {node["node"]: node["outputs"] for node in answer.record["nodes"]}


@pytest.fixture(scope="module")
def model(outputs):
    return str(Path(outputs["Trainer"]["model"][0], "Format-Serving"))


@pytest.fixture(scope="module")
def rows(outputs):
    return first_rows(str(Path(outputs["ExampleGen"]["examples"][0], f"Split-{SPLIT}")), count=20)


@pytest.fixture(scope="module")
def graph(outputs):
    return outputs["Transform"]["transform_graph"][0]


@pytest.fixture(scope="module")
def made(outputs, graph):
    """The same rows as Transform made them."""
    folder = Path(outputs["Transform"]["transformed_examples"][0], f"Split-{SPLIT}")
    return tf.io.parse_example(first_rows(str(folder), count=20), read_spec(graph))


@pytest.fixture(scope="module")
def columns(first_run):
    config = load(str(first_run[0].config))
    return Columns(features=config.features, label=config.label)


def test_both_loaders_answer_as_training_does(model, graph, made, columns, rows):
    trained = answer_as_trained(model, made, columns.label)
    requests = make_requests(graph, columns, rows)
    served = {
        (loader, time): answers
        for loader, answer in LOADERS.items()
        for time, answers in enumerate(answer(model, requests))
    }
    assert len(served) == 4
    assert trained["serving_default"]["prediction"].shape == (20, 1)
    assert trained["serving_raw"]["classes"].tolist() == [[b"0", b"1"]] * 20
    for answers in served.values():
        assert answers.keys() == trained.keys() == {"serving_default", "serving_raw", "transform_features"}
        for signature, outputs in trained.items():
            for name, values in outputs.items():
                if values.dtype.kind == "f":
                    np.testing.assert_allclose(answers[signature][name], values, atol=1e-5)
                else:
                    np.testing.assert_array_equal(answers[signature][name], values)


def test_a_model_that_serves_what_was_not_trained_is_refused_with_the_row(model, made, columns, rows, tmp_path):
    other = shutil.copytree(model, tmp_path / "model")
    network = keras.models.load_model(other / KERAS_MODEL, compile=False)
    network.set_weights([weight + 0.5 for weight in network.get_weights()])
    network.save(other / KERAS_MODEL)
    trained = answer_as_trained(str(other), made, columns.label)
    sentence = r"\(Serving loader, serving_default\) answers 20 of 20 rows otherwise .* row 0, whose prediction is "
    with pytest.raises(NotBlessed, match=sentence) as error:
        compare(trained, answer_as_trained(model, made, columns.label), rows, "Serving loader")
    assert "payment_type" in error.value.remedy


class Moody(tf.Module):
    """Answers the first request alike wherever it is loaded, and no other."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples):
        return {"prediction": tf.random.uniform([tf.size(examples), 1], seed=1)}


@pytest.mark.parametrize("loader", LOADERS)
def test_a_model_that_answers_otherwise_when_it_is_asked_again_is_found(rows, tmp_path, loader):
    moody = Moody()
    tf.saved_model.save(moody, str(tmp_path), signatures={"serving_default": moody.serve})
    first, again = LOADERS[loader](str(tmp_path), {"serving_default": {"examples": np.array(rows, object)}})
    compare(first, first, rows, loader)
    with pytest.raises(NotBlessed, match="rows otherwise than training did") as error:
        compare(first, again, rows, f"{loader} loader, asked again")
    assert "payment_type" in error.value.remedy


def test_a_model_that_graph_loaders_cannot_read_is_refused(model, rows, tmp_path):
    network = keras.models.load_model(Path(model, KERAS_MODEL), compile=False)
    spec = [tf.TensorSpec([None], tf.string, name="examples")]

    @tf.function(input_signature=spec)
    def serve(examples):
        columns = {
            name: tf.zeros([tf.size(examples), *tensor.shape[1:]], tensor.dtype)
            for name, tensor in network.input.items()
        }
        return {"prediction": network(columns)}

    tf.saved_model.save(network, str(tmp_path), signatures={"serving_default": serve})
    with pytest.raises(NotBlessed, match="The exported model cannot be loaded and asked") as error:
        answer_as_served(str(tmp_path), {"serving_default": {"examples": np.array(rows, object)}})
    assert error.value.where == "LoadCheck"


def test_what_all_answers_have_in_common_hides_no_difference(rows):
    trained, served = ({"serving_default": {"prediction": 1e9 + np.full((20, 1), each)}} for each in (1.0, 2.0))
    compare(trained, trained, rows, "Python loader", 1e9)
    with pytest.raises(NotBlessed, match="answers 20 of 20 rows otherwise"):
        compare(trained, served, rows, "Python loader", 1e9)
