"""Models that are no networks, on the rows that the families are tried on: three terms that count alike."""

import numpy as np
import pytest

from configs.schema.baselines import FITTING
from tests.trainer.conftest import LABELS
from trainer.features.transforms import Column
from trainer.sklearn_baselines import answer, answer_folds, assemble
from trainer.training.dataset import Examples
from trainer.training.folds import list_folds

TRIVIAL = ("majority", "mean")
FITS = [(kind, name) for kind, names in FITTING.items() for name in names]


@pytest.fixture
def ask(columns, features, label_of):
    """What a model says of the last quarter of the rows, and the labels there; trained on the others."""

    def ask(kind, name, weight=None):
        rows = [
            Examples({name: values[part] for name, values in features.items()}, label_of[kind][part], weight)
            for part in (slice(768), slice(768, None))
        ]
        return answer([name], LABELS[kind], columns, *rows)[name].scores, rows[1].label

    return ask


def error(kind, answers, label):
    """The share of labels that are missed, or the squared error as a share of the variance."""
    if kind == "regression":
        return ((answers - label) ** 2).mean() / label.var()
    chosen = answers.argmax(axis=1, keepdims=True) if kind == "multiclass" else answers > 0.5
    return (chosen != label).mean()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), FITS)
def test_each_answers_as_a_network_does_and_learns_what_it_can(ask, kind, name):
    answers, label = ask(kind, name)
    assert answers.shape == (256, 3 if kind in ("multiclass", "multilabel") else 1)
    if kind == "multiclass":
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    if kind != "regression":
        assert answers.min() >= 0
        assert answers.max() <= 1
    if name in TRIVIAL:
        assert np.ptp(answers, axis=0).max() == 0
    else:
        assert error(kind, answers, label) < 0.5 * error(kind, ask(kind, FITTING[kind][0])[0], label)


def test_the_trivial_models_say_the_share_or_the_mean(ask, label_of):
    shares = np.bincount(label_of["multiclass"][:768].ravel()) / 768
    np.testing.assert_allclose(ask("multiclass", "majority")[0][0], shares, atol=1e-6)
    np.testing.assert_allclose(ask("regression", "mean")[0][0], label_of["regression"][:768].mean(), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), FITS)
def test_rows_count_by_their_weights(ask, label_of, kind, name):
    heavy = np.where(label_of[kind][:768, :1] > np.median(label_of[kind]), 50.0, 1.0)
    unit = 2 if kind == "multiclass" else 0
    assert ask(kind, name, heavy)[0][:, unit].mean() > ask(kind, name)[0][:, unit].mean()


@pytest.mark.parametrize("name", FITTING["multiclass"])
def test_a_class_that_no_row_has_gets_no_share(columns, features, label_of, name):
    label = np.minimum(label_of["multiclass"], 1)
    rows = Examples(features, label)
    found = answer([name], LABELS["multiclass"], columns, rows, rows)[name].scores
    assert found[:, 2].max() == 0
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", FITTING["binary"])
def test_a_class_that_all_rows_have_is_certain(columns, features, label_of, name):
    rows = Examples(features, np.ones_like(label_of["binary"]))
    assert answer([name], LABELS["binary"], columns, rows, rows)[name].scores.min() == 1


def test_numbers_ids_words_and_shapes_come_side_by_side():
    columns = [
        Column("amount"),
        Column("colour", size=3),
        Column("review", size=4, length=3),
        Column("series.steps", shape=(2, 1)),
        Column("series.mask", length=2, mask_of="series.steps"),
    ]
    tensors = {
        "amount": np.array([[0.5], [2.0]]),
        "colour": np.array([[2], [0]]),
        "review": np.array([[3, 1, 3], [2, 0, 0]]),
        "series.steps": np.array([[[7.0], [8.0]], [[9.0], [0.0]]]),
        "series.mask": np.array([[1, 1], [1, 0]]),
    }
    assert assemble(columns, tensors).toarray().tolist() == [
        [0.5, 0, 0, 1, 0, 1, 0, 2, 7, 8],
        [2.0, 1, 0, 0, 0, 0, 1, 0, 9, 0],
    ]
    assert assemble(columns[:1], tensors).tolist() == [[0.5], [2.0]]


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_each_fold_is_answered_by_what_has_not_seen_it(columns, features, label_of, kind):
    rows, folds = Examples(features, label_of[kind]), np.arange(1024) % 3
    name = "linear" if kind == "regression" else "logistic"
    found = answer_folds([name], LABELS[kind], columns, rows, list_folds(folds))[name].scores
    for fold in range(3):
        held = folds == fold
        own = answer([name], LABELS[kind], columns, rows.take(~held), rows.take(held))[name].scores
        np.testing.assert_array_equal(found[held], own)


def test_noise_is_chance_to_a_tree_in_folds(columns, features):
    noise = np.random.default_rng(3).integers(0, 2, (1024, 1))
    rows = Examples(features, noise)
    found = answer_folds(["tree"], LABELS["binary"], columns, rows, list_folds(np.arange(1024) % 5))["tree"].scores
    seen = answer(["tree"], LABELS["binary"], columns, rows, rows)["tree"].scores
    assert ((seen > 0.5) == noise).mean() > 0.6
    assert 0.45 < ((found > 0.5) == noise).mean() < 0.55
