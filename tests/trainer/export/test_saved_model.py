"""The life of each family: built, trained, killed, resumed, exported, and asked by each signature and loader."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform.tf_metadata import schema_utils

from components.load_check import LOADERS, answer_as_loaded, answer_as_trained, compare, make_requests
from configs.schema.models import (
    Attention,
    BoostedTrees,
    Cnn,
    Convolution,
    Dnn,
    Fused,
    Linear,
    RecurrentEncoder,
    Rnn,
    SelfAttention,
    WideDeep,
)
from configs.schema.training import Optimizer, Training
from tests.trainer.conftest import LABELS
from tests.trainer.models.test_families import score
from tests.trainer.rows import FEATURES, TRAINING, as_example, parse, type_of
from tests.trainer.training.test_checkpoints import Kill, Killed
from trainer.export.saved_model import export, name_answers
from trainer.export.signatures import RAW, SERVING, TRANSFORM
from trainer.features.cells import from_examples
from trainer.features.graph import write_graph
from trainer.features.learning import Seen
from trainer.features.learnt import Learnt
from trainer.features.preprocessing import Preprocessing
from trainer.features.transforms import columns
from trainer.models.families import build
from trainer.settings import Settings
from trainer.training import boosting
from trainer.training.checkpoints import Checkpoint
from trainer.training.fit import fit

SMALL = {"hidden_units": (8,), "embedding": 2}
CASES = {
    "linear": (Linear(family="linear"), "binary"),
    "dnn": (Dnn(family="dnn", **SMALL), "multiclass"),
    "wide_deep": (WideDeep(family="wide_deep", crosses=(("member", "shop"),), **SMALL), "regression"),
    "cnn": (Cnn(family="cnn", blocks=(Convolution(filters=2, pool=1),), **SMALL), "multilabel"),
    "rnn": (Rnn(family="rnn", units=(3,), **SMALL), "binary"),
    "fused": (
        Fused(
            family="fused",
            encoders={
                "review": RecurrentEncoder(kind="rnn", units=(3,)),
                "clicks": SelfAttention(kind="self", heads=1, width=4, feed_forward=4),
            },
            **SMALL,
        ),
        "binary",
    ),
    "attention": (
        Attention(
            family="attention",
            mechanism=SelfAttention(kind="self", layers=1, heads=1, width=4, feed_forward=4),
            **SMALL,
        ),
        "multiclass",
    ),
}
UNREAD = ("review", "clicks")  # by trees: texts and sequences of ids
TRIED = ("wide_deep", "cnn")  # in every run of the tests; they read every kind of column between them
MISSING = {tf.string: tf.constant(""), tf.float64: tf.constant(np.nan, tf.float64)}


def learn(settings, folder):
    """Writes what Transform learns of columns of every kind."""
    features = settings.features
    Seen.of(features, from_examples(features, parse(TRAINING))).conclude(features).write(folder)
    schema = schema_utils.schema_from_feature_spec({name: tf.io.VarLenFeature(type_of(name)) for name in TRAINING[0]})
    write_graph(Preprocessing(settings, Learnt.read(folder)), schema, folder)


def prepare(graph, rows):
    """What Transform makes of rows."""
    layer = tft.TFTransformOutput(graph).transform_features_layer()
    return layer(tf.io.parse_example(rows, tft.TFTransformOutput(graph).raw_feature_spec()))


# Each of the training rows eight times, the last without anything but the number that all learn by.
NUMBERS = np.arange(32)
ROWS = [as_example({**TRAINING[number % 4], "scaled": [2 + number / 8]}) for number in NUMBERS]
THRESHOLDS = {"binary": [16], "multiclass": [11, 22], "multilabel": [8, 16, 24]}


def label_by(kind):
    """The label [32, 1 or classes] of the rows: the number, how many thresholds lie below it, or which."""
    if kind == "regression":
        return NUMBERS[:, None].astype("float32")
    reached = (NUMBERS[:, None] >= THRESHOLDS[kind]).astype("int64")
    return reached if kind == "multilabel" else reached.sum(axis=1, keepdims=True)


def train(settings, graph, checkpoint, callbacks=()):
    """A model of the settings after its training, whose epochs have sixteen steps."""
    keras.utils.set_random_seed(settings.training.seed)
    model = build(settings, columns(FEATURES, Learnt.read(graph).sizes))
    kind = settings.label.kind
    rows = tf.data.Dataset.from_tensor_slices((prepare(graph, ROWS), label_by(kind))).repeat(4).batch(8)
    fit(model, rows, rows, settings.training, kind, checkpoint, callbacks)
    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    "family", [name if name in TRIED else pytest.param(name, marks=pytest.mark.full) for name in CASES]
)
def test_a_family_is_built_killed_and_resumed_learns_by_heart_and_serves_what_it_learnt(family, tmp_path):
    options, kind = CASES[family]
    training = Training(epochs=15, optimizer=Optimizer(learning_rate=0.03))
    settings = Settings(features=FEATURES, label=LABELS[kind], model=options, training=training)
    state, folder, graph = tmp_path / "state.npz", str(tmp_path / "model"), str(tmp_path / "graph")
    learn(settings, graph)
    with pytest.raises(Killed):
        train(settings, graph, Checkpoint(state, every=10), [Kill(29)])
    checkpoint = Checkpoint(state, every=10)
    model = train(settings, graph, checkpoint)
    assert checkpoint.begun == 20
    export(model, graph, settings, folder)
    expected = answer_as_trained(folder, prepare(graph, ROWS), settings.label)
    assert score(kind, expected[SERVING]["prediction"], label_by(kind)) > 0.9
    requests = make_requests(graph, settings, ROWS)
    assert set(expected) == set(requests) == {SERVING, RAW, TRANSFORM}
    for loader, answer in LOADERS.items():
        answers, _ = answer(folder, requests)
        assert {name: outputs.keys() for name, outputs in answers.items()} == {
            name: outputs.keys() for name, outputs in expected.items()
        }
        compare(expected, answers, ROWS, loader)
    compare_nothing(folder)


class Split:
    """Rows that Transform has made, with their labels."""

    def __init__(self, *parts):
        self.parts = parts

    def batches(self, size):
        return tf.data.Dataset.from_tensor_slices(self.parts).batch(size)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["regression", *(pytest.param(kind, marks=pytest.mark.full) for kind in ("binary", "multiclass"))]
)
def test_trees_serve_what_they_learnt(kind, tmp_path):
    options = BoostedTrees(family="boosted_trees", max_iter=30, min_samples_leaf=2, learning_rate=0.3)
    features = {name: feature for name, feature in FEATURES.items() if name not in UNREAD}
    features["scaled"] = features["scaled"].model_copy(update={"offset": 1e9})  # of which Examples know nothing
    offset = 1e12 if kind == "regression" else 0.0
    label = LABELS[kind].model_copy(update={"offset": offset})
    settings = Settings(features=features, label=label, model=options, training=Training())
    folder, graph = str(tmp_path / "model"), str(tmp_path / "graph")
    learn(settings, graph)
    rows = Split(prepare(graph, ROWS), label_by(kind))
    seen = columns(features, Learnt.read(graph).sizes)
    model, _ = boosting.fit(options, settings.training, settings.label, seen, (rows, rows))
    export(model, graph, settings, folder)
    expected = answer_as_trained(folder, prepare(graph, ROWS), settings.label)
    assert score(kind, expected[SERVING]["prediction"] - offset, label_by(kind)) > 0.9
    requests = make_requests(graph, settings, ROWS)
    assert requests[RAW]["scaled"].min() == 1e9 + 2
    for loader, answer in LOADERS.items():
        for answers in answer(folder, requests):
            compare(expected, answers, ROWS, loader, offset)
    compare_nothing(folder)


def compare_nothing(folder):
    """A row of nothing must be one whose every feature is missing."""
    [_, specs] = tf.saved_model.load(folder).signatures[RAW].structured_input_signature
    nothing = {name: tf.fill([1] * spec.shape.rank, MISSING[spec.dtype]).numpy() for name, spec in specs.items()}
    assert {"ranged__0_1_", "the_colour", "the_colour_", "column__bucketed"} <= set(nothing)
    answers, _ = answer_as_loaded(folder, {SERVING: {"examples": np.array([b""], object)}, RAW: nothing})
    for output, values in answers[SERVING].items():
        np.testing.assert_array_equal(answers[RAW][output], values)


@pytest.mark.parametrize(
    ("kind", "prediction", "named"),
    [
        ("binary", [[0.25]], {"classes": [[b"0", b"1"]], "scores": [[0.75, 0.25]]}),
        ("multiclass", [[0.5, 0.25, 0.25]], {"classes": [[b"low", b"middle", b"high"]], "scores": [[0.5, 0.25, 0.25]]}),
        ("multilabel", [[1.0, 0.5, 0.0]], {"classes": [[b"high", b"red", b"short"]], "scores": [[1.0, 0.5, 0.0]]}),
        ("regression", [[3.5]], {}),
    ],
)
def test_answers_bear_the_names_of_the_classes(kind, prediction, named):
    answers = name_answers(tf.constant(prediction), LABELS[kind])
    assert {name: tensor.numpy().tolist() for name, tensor in answers.items()} == {"prediction": prediction, **named}


def test_an_offset_is_put_back_in_numbers_that_can_hold_it():
    label = LABELS["regression"].model_copy(update={"offset": 1.7e12})
    answers = name_answers(tf.constant([[0.25], [-3.5]]), label)["prediction"]
    assert (answers.dtype, answers.numpy().tolist()) == (tf.float64, [[1.7e12 + 0.25], [1.7e12 - 3.5]])
