"""The linear family against scikit-learn's, on the small data sets that come with it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression

from configs.schema.label import Label
from configs.schema.models import Linear
from configs.schema.training import EarlyStopping, Optimizer, Training
from trainer.features.transforms import Column
from trainer.models.linear import build
from trainer.training.fit import fit

TRAINING = Training(
    batch_size=32, epochs=200, optimizer=Optimizer(learning_rate=0.02), early_stopping=EarlyStopping(patience=60)
)
WINES = Label(name="label", kind="multiclass", classes=("first", "second", "third"))


def prepare(load):
    """Numbers, scaled by the training rows, and labels: of 60 % of the rows to train, 10 % to stop by, 30 % to test."""
    numbers, labels = load(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(labels))
    train, evaluation, test = np.split(order, [int(0.6 * len(order)), int(0.7 * len(order))])
    numbers = (numbers - numbers[train].mean(axis=0)) / numbers[train].std(axis=0)
    return [(numbers[rows].astype("float32"), labels[rows]) for rows in (train, evaluation, test)]


def answer(label, train, evaluation, test):
    """The answers of our model, trained on the first part, to the rows of the last."""
    names = [f"number {place}" for place in range(test[0].shape[1])]
    keras.utils.set_random_seed(1)
    model = build(Linear(family="linear"), label, [Column(name) for name in names])

    def columns(numbers):
        return {name: numbers[:, [place]] for place, name in enumerate(names)}

    parts = [
        tf.data.Dataset.from_tensor_slices((columns(numbers), labels[:, None]))
        for numbers, labels in (train, evaluation)
    ]
    shuffled = parts[0].shuffle(1000, seed=1)
    fit(model, shuffled.batch(TRAINING.batch_size), parts[1].batch(TRAINING.batch_size), TRAINING, label.kind)
    return model(columns(test[0])).numpy()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("load", "label"), [(load_breast_cancer, Label(name="label", kind="binary")), (load_wine, WINES)]
)
def test_classes_are_told_apart_as_by_logistic_regression(load, label):
    train, evaluation, test = prepare(load)
    answers = answer(label, train, evaluation, test)
    classes = answers.argmax(axis=1) if label.kind == "multiclass" else answers[:, 0] > 0.5
    assert (classes == test[1]).mean() > LogisticRegression().fit(*train).score(*test) - 0.03


@pytest.mark.slow
def test_a_number_is_told_as_by_linear_regression():
    train, evaluation, test = prepare(load_diabetes)
    answers = answer(Label(name="label", kind="regression"), train, evaluation, test)[:, 0]
    theirs = LinearRegression().fit(*train).predict(test[0])
    assert np.sqrt(np.square(answers - test[1]).mean()) < 1.05 * np.sqrt(np.square(theirs - test[1]).mean())
