"""Trees learn each kind of label, heed weights and the eval split, and are the same again by the same seed."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.ensemble import HistGradientBoostingRegressor

from configs.schema.models import BoostedTrees
from configs.schema.training import EarlyStopping, Loss, Training
from tests.trainer.conftest import LABELS
from trainer.features.transforms import Column
from trainer.training.boosting import fit, order, place, tabulate

COLUMNS = [Column("all.numbers", shape=(1,)), Column("colour.id", size=4), Column("rank.id", size=400)]
QUICK = BoostedTrees(family="boosted_trees", max_iter=20)


class Split:
    """The rows of a split, held in memory."""

    def __init__(self, *parts):
        self.parts = parts

    def batches(self, size):
        return tf.data.Dataset.from_tensor_slices(self.parts).batch(size)


@pytest.fixture
def table(features):
    ranks = np.random.default_rng(5).integers(0, 400, (1024, 1))
    return {"all.numbers": features["amount"], "colour.id": features["colour"], "rank.id": ranks}


@pytest.fixture
def labels(table):
    total = table["all.numbers"] + 2.0 * (table["colour.id"] == 1) + (table["rank.id"] > 200)
    kinds = {"binary": total > 1, "multiclass": np.digitize(total, [0, 2]), "regression": 3000 + 500 * total}
    return {kind: label.astype("float32" if kind == "regression" else "int64") for kind, label in kinds.items()}


def split(table, label, rows, weight=None):
    parts = {name: values[rows] for name, values in table.items()}, label[rows]
    return Split(*parts) if weight is None else Split(*parts, weight[rows])


def halve(table, label, weight=None):
    return split(table, label, slice(0, 700), weight), split(table, label, slice(700, None), weight)


def ask(model, table):
    return model({name: table[name] for name in model.input}).numpy()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "metric"), [("binary", "auc"), ("multiclass", "accuracy"), ("regression", "rmse")])
def test_each_kind_of_label_is_learnt(kind, metric, table, labels):
    model, history = fit(QUICK, Training(), LABELS[kind], COLUMNS, halve(table, labels[kind]))
    assert history.keys() == {"loss", "val_loss", f"val_{metric}"}
    assert {len(figures) for figures in history.values()} == {20}
    answers = ask(model, table)[700:]
    assert answers.dtype == np.float32
    label = labels[kind][700:]
    if kind == "regression":
        assert history["val_rmse"][-1] == pytest.approx(np.sqrt(np.square(answers - label).mean()), rel=1e-5)
        assert history["val_loss"][-1] == pytest.approx(
            (history["val_rmse"][-1] / labels[kind][:700].std()) ** 2, rel=1e-4
        )
        assert history["val_rmse"][-1] < 200
    else:
        chosen = answers.argmax(axis=1)[:, None] if kind == "multiclass" else answers > 0.5
        assert (chosen == label).mean() > 0.93
        of_label = (
            np.take_along_axis(answers, label, 1) if kind == "multiclass" else np.where(label, answers, 1 - answers)
        )
        assert history["val_loss"][-1] == pytest.approx(-np.log(of_label).mean(), rel=1e-4)


@pytest.mark.slow
def test_iterations_grown_in_parts_are_those_grown_at_once(table, labels):
    label = labels["regression"]
    model, _ = fit(QUICK, Training(seed=3), LABELS["regression"], COLUMNS, halve(table, label))
    x, train = tabulate(order(COLUMNS, 255), table), label[:700].astype("float64")
    mean, spread = train.mean(), train.std()
    theirs = HistGradientBoostingRegressor(max_iter=20, random_state=3, categorical_features=[0])
    theirs.fit(x[:700], (train.ravel() - mean) / spread)
    np.testing.assert_allclose(ask(model, table)[:, 0], theirs.predict(x) * spread + mean, rtol=1e-6)
    again, _ = fit(QUICK, Training(seed=3), LABELS["regression"], COLUMNS, halve(table, label))
    assert (ask(again, table) == ask(model, table)).all()


@pytest.mark.slow
def test_early_stopping_keeps_the_best_iteration(table, labels):
    noise = np.random.default_rng(1).integers(0, 2, (1024, 1))
    options, training = QUICK.model_copy(update={"max_iter": 60}), Training(early_stopping=EarlyStopping(patience=4))
    model, history = fit(options, training, LABELS["binary"], COLUMNS, halve(table, noise))
    best = int(np.argmin(history["val_loss"]))
    assert len(history["val_loss"]) == best + 1 + 4
    answers, label = ask(model, table)[700:], noise[700:]
    assert -np.log(np.where(label, answers, 1 - answers)).mean() == pytest.approx(history["val_loss"][best], rel=1e-5)


@pytest.mark.slow
def test_rows_count_by_their_weight(table, labels):
    flipped = np.arange(1024)[:, None] % 2 == 1
    label = np.where(flipped, 1 - labels["binary"], labels["binary"])
    weight = np.where(flipped, 0.0, 2.0).astype("float32")
    model, history = fit(QUICK, Training(), LABELS["binary"], COLUMNS, halve(table, label, weight))
    assert ((ask(model, table) > 0.5) == labels["binary"]).mean() > 0.93
    assert history["val_auc"][-1] > 0.97


@pytest.mark.slow
def test_the_mean_absolute_error_ends_at_medians(table):
    label = np.where(np.arange(1024)[:, None] % 10, 1.0, 1000.0).astype("float32")
    training = Training(loss=Loss(name="mae"), metrics=("mae",))
    none = {name: np.zeros_like(values) for name, values in table.items()}
    model, _ = fit(QUICK, training, LABELS["regression"], COLUMNS, halve(none, label))
    np.testing.assert_allclose(ask(model, none), 1.0, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "there"), [("binary", [1]), ("multiclass", [2]), ("multiclass", [0, 2])])
def test_a_class_without_rows_is_all_but_excluded(kind, there, table):
    label = np.resize(there, (1024, 1)).astype("int64")
    model, history = fit(QUICK, Training(), LABELS[kind], COLUMNS, halve(table, label))
    answers = ask(model, table)
    scores = np.hstack([1 - answers, answers]) if kind == "binary" else answers
    assert scores[:, [place for place in range(scores.shape[1]) if place not in there]].max() < 1e-6
    assert np.isfinite(history["val_loss"]).all()


def test_units_are_those_of_the_classes_that_were_found():
    assert [place(LABELS["multiclass"], np.array(found))[0] for found in ([0, 1, 2], [0, 2], [1])] == [
        [0, 1, 2],
        [2],
        [],
    ]
    assert [place(LABELS["binary"], np.array(found))[0] for found in ([0, 1], [0])] == [[0], []]
