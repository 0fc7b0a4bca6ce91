"""Each loss: its value by its own formula, and what it does to what is learnt."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError
from sklearn.svm import LinearSVC

from configs.schema.config import Label
from configs.schema.models import Linear
from configs.schema.training import LOSSES, Cosine, Loss, Optimizer, Training
from tests.trainer.conftest import LABELS
from trainer.features.transforms import Column
from trainer.labels import HEADS
from trainer.models.linear import build
from trainer.training import losses
from trainer.training.fit import fit
from trainer.training.losses import loss, margins


def value(options, kind, label, answer, spread=1.0):
    chosen, unit = loss(options, kind, spread)
    return float(chosen(np.array([label]), np.array([answer], "float32"))) / unit


@pytest.mark.parametrize(
    ("kind", "options", "label", "answer", "expected"),
    [
        ("binary", None, [1], [0.8], -np.log(0.8)),
        ("binary", Loss(name="cross_entropy", label_smoothing=0.2), [1], [0.8], -0.9 * np.log(0.8) - 0.1 * np.log(0.2)),
        ("binary", Loss(name="hinge"), [0], [-0.25], 0.75),
        ("multiclass", None, [1], [0.1, 0.7, 0.2], -np.log(0.7)),
        (
            "multiclass",
            Loss(name="cross_entropy", label_smoothing=0.3),
            [1],
            [0.1, 0.7, 0.2],
            -0.8 * np.log(0.7) - 0.1 * np.log(0.1) - 0.1 * np.log(0.2),
        ),
        ("binary", None, [0.3], [0.8], -0.3 * np.log(0.8) - 0.7 * np.log(0.2)),
        ("multiclass", None, [0.6, 0.4, 0.0], [0.1, 0.7, 0.2], -0.6 * np.log(0.1) - 0.4 * np.log(0.7)),
        ("regression", None, [3.0], [1.0], 4),
        ("regression", Loss(name="mae"), [3.0], [1.0], 2),
        ("regression", Loss(name="huber"), [3.0], [1.0], 0.5 + 1),
        ("regression", Loss(name="huber", delta=0.5), [3.0], [1.0], 0.5 * (2 - 0.25)),
        (
            "regression",
            Loss(name="pinball", quantiles=(0.1, 0.5, 0.9)),
            [3.0],
            [1.0, 2.0, 4.0],
            (0.1 * 2 + 0.5 * 1 + 0.1 * 1) / 3,
        ),
    ],
)
def test_a_loss_has_the_value_of_its_formula_in_every_unit(kind, options, label, answer, expected):
    assert value(options, kind, label, answer) == pytest.approx(expected, rel=1e-5)
    if kind == "regression":
        grown = value(options, kind, [1000 * label[0]], [1000 * each for each in answer], spread=1000.0)
        assert grown == pytest.approx(expected, rel=1e-5)


def test_every_loss_of_the_schema_is_there_and_every_label_has_one():
    assert {name for names in LOSSES.values() for name in names} == losses.LOSSES.keys()
    assert all(head.loss in LOSSES[kind] for kind, head in HEADS.items())


def test_a_parameter_belongs_to_its_loss():
    with pytest.raises(ValidationError, match="delta belongs to huber, not to mse"):
        Loss(name="mse", delta=1.0)


@pytest.mark.slow
def test_smoothing_leaves_a_share_to_the_other_classes(columns, features, rows_of):
    """Rows that are learnt by heart are answered as the smoothed labels are, and no surer."""
    sure = []
    for smoothing in (0.0, 0.3):
        keras.utils.set_random_seed(1)
        model = build(Linear(family="linear"), LABELS["multiclass"], columns)
        chosen = Loss(name="cross_entropy", label_smoothing=smoothing)
        training = Training(epochs=30, optimizer=Optimizer(learning_rate=0.3), loss=chosen)
        fit(model, rows_of["multiclass"], rows_of["multiclass"], training, "multiclass")
        sure.append(model(features).numpy().max(axis=1).mean())
    assert sure[0] > 0.9 > 0.82 > sure[1]


@pytest.mark.slow
def test_absolute_errors_learn_the_median_and_squares_the_mean():
    labels = np.array([[0.0]] * 60 + [[10.0]] * 40, "float32")
    rows = tf.data.Dataset.from_tensor_slices(({"nothing": np.zeros((100, 1), "float32")}, labels)).batch(100)
    learnt = {}
    for name in ("mse", "mae"):
        keras.utils.set_random_seed(1)
        model = build(Linear(family="linear"), LABELS["regression"], [Column("nothing")])
        fit(
            model,
            rows,
            rows,
            Training(
                epochs=150, optimizer=Optimizer(learning_rate=0.1, schedule=Cosine(kind="cosine")), loss=Loss(name=name)
            ),
            "regression",
        )
        learnt[name] = float(model.predict_on_batch({"nothing": np.zeros((1, 1), "float32")})[0, 0])
    assert learnt == {"mse": pytest.approx(4, abs=0.1), "mae": pytest.approx(0, abs=0.2)}


@pytest.mark.slow
def test_the_pinball_loss_learns_quantiles_that_do_not_cross():
    labels = np.random.default_rng(0).exponential(10.0, (1000, 1)).astype("float32")
    rows = tf.data.Dataset.from_tensor_slices(({"nothing": np.zeros((1000, 1), "float32")}, labels)).batch(1000)
    shares = (0.1, 0.5, 0.9)
    keras.utils.set_random_seed(1)
    model = build(Linear(family="linear"), Label(name="y", kind="regression", quantiles=shares), [Column("nothing")])
    loss = Loss(name="pinball", quantiles=shares)
    training = Training(
        epochs=300, optimizer=Optimizer(learning_rate=0.1, schedule=Cosine(kind="cosine")), loss=loss, metrics=()
    )
    fit(model, rows, rows, training, "regression")
    told = model.predict_on_batch({"nothing": np.zeros((1, 1), "float32")})[0]
    np.testing.assert_allclose(told, np.quantile(labels, shares), rtol=0.05)


@pytest.mark.slow
def test_a_hinge_makes_a_linear_model_a_support_vector_machine():
    """It finds the plane that scikit-learn's does, and answers with the sigmoid of the margin."""
    random = np.random.default_rng(3)
    numbers = random.normal(size=(400, 2)).astype("float32")
    label = (numbers @ [1.0, -2.0] + 0.5 + 0.3 * random.normal(size=400) > 0).astype("int64")[:, None]
    names = ["a", "b"]
    columns = {name: numbers[:, [place]] for place, name in enumerate(names)}
    rows = tf.data.Dataset.from_tensor_slices((columns, label)).batch(400)
    keras.utils.set_random_seed(1)
    model = build(Linear(family="linear"), Label(name="label", kind="binary"), [Column(name) for name in names])
    training = Training(
        epochs=200,
        optimizer=Optimizer(learning_rate=0.5, schedule=Cosine(kind="cosine", warm_up=0.0)),
        loss=Loss(name="hinge"),
        metrics=("auc", "accuracy"),
    )
    history = fit(model, rows, rows, training, "binary")
    theirs = LinearSVC(loss="hinge", C=1000, max_iter=1_000_000).fit(numbers, label[:, 0]).decision_function(numbers)
    margin = margins(model).predict_on_batch(columns)[:, 0]
    ours, reached = (np.maximum(0, 1 - np.where(label[:, 0], 1, -1) * each).mean() for each in (margin, theirs))
    assert ours == pytest.approx(reached, rel=0.02)
    assert history["loss"][-1] == pytest.approx(ours, rel=0.01)
    answers = model.predict_on_batch(columns)[:, 0]
    np.testing.assert_allclose(answers, 1 / (1 + np.exp(-margin)), rtol=1e-4)
    assert history["accuracy"][-1] == pytest.approx(((answers > 0.5) == label[:, 0]).mean(), abs=0.01)
    assert history["auc"][-1] > 0.97
