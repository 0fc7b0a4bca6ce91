"""What mixing makes of two rows: of their columns, their labels and their weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.schema.augmentation import Augmentation
from configs.schema.models import Cnn, Convolution
from configs.schema.training import Training
from tests.trainer import digits
from tests.trainer.conftest import LABELS
from trainer.models.cnn import build
from trainer.training.augmentation import augment
from trainer.training.dataset import Feed
from trainer.training.fit import fit
from trainer.training.mixing import mix

SEED = tf.constant([3, 5], tf.int64)
ROWS = 400
CLASSES = np.arange(ROWS)[:, None] % 3


def mixed(values, label, kind, weights=None, seed=SEED, **options):
    given = ({"x": tf.constant(values, tf.float32)}, tf.constant(label))
    given = given if weights is None else (*given, tf.constant(weights, tf.float32))
    found, *others = mix(given, Augmentation(**options), LABELS[kind], seed)
    return found["x"].numpy(), *(tensor.numpy() for tensor in others)


def test_a_row_and_its_label_become_the_same_mean_of_two():
    values, label = mixed(np.eye(3)[CLASSES[:, 0]], CLASSES, "multiclass", mixup=1.0)
    np.testing.assert_allclose(values, label, atol=1e-6)
    np.testing.assert_allclose(label.sum(axis=1), 1, rtol=1e-5)
    shares = label[np.arange(ROWS), CLASSES[:, 0]]
    assert shares.mean() == pytest.approx(0.5 + 0.5 / 3, abs=0.05)  # a third of the others are of its own class


def test_the_smaller_the_number_the_more_of_one_row_is_left():
    shares = [mixed(np.ones((ROWS, 1)), np.ones((ROWS, 1)), "binary", mixup=alpha)[0] for alpha in (0.1, 8.0)]
    np.testing.assert_allclose(shares, 1, rtol=1e-6)  # alike in both rows, and so in their mean
    halves = np.where(np.arange(ROWS)[:, None] < ROWS / 2, 0.0, 1.0)
    spread = [mixed(halves, halves, "binary", mixup=alpha)[1].std() for alpha in (0.1, 8.0)]
    assert spread[0] > 0.43 > 0.4 > spread[1]


@pytest.mark.parametrize("kind", ["binary", "multilabel", "regression"])
def test_other_labels_are_means_as_numbers(kind):
    label = np.random.default_rng(1).integers(0, 2, (ROWS, 3 if kind == "multilabel" else 1))
    values, found = mixed(label, label, kind, mixup=1.0)
    np.testing.assert_allclose(found, values, atol=1e-6)
    assert ((found > 0.05) & (found < 0.95)).mean() > 0.3


def test_a_row_of_no_weight_leaves_its_label_to_the_other():
    weights = np.where(CLASSES == 0, 0.0, 2.0)
    values, label, weight = mixed(weights, CLASSES, "multiclass", weights, mixup=1.0)
    assert (label[:, 0][weight[:, 0] > 0] == 0).all()
    np.testing.assert_allclose(weight, values, atol=1e-6)  # the weights are mixed as the rows are


def test_an_image_gets_a_part_of_another_and_its_label_that_share():
    images = np.broadcast_to((CLASSES == 1).astype("float32")[:, :, None, None], (ROWS, 8, 6, 2))
    values, label = mixed(images, CLASSES, "multiclass", cutmix=1.0)
    assert set(np.unique(values)) == {0.0, 1.0}
    np.testing.assert_allclose(values.mean(axis=(1, 2, 3)), label[:, 1], atol=1e-5)
    part = values[..., 0] != images[..., 0]
    assert all(part[row].sum() == part[row].any(1).sum() * part[row].any(0).sum() for row in range(ROWS))  # rectangles
    assert part.any(axis=(1, 2)).mean() > 0.3


def test_chance_depends_on_the_seed_alone():
    values = np.arange(ROWS, dtype="float32")[:, None]
    first, again, other = (
        mixed(values, values, "regression", seed=seed, mixup=1.0)[0] for seed in (SEED, SEED, SEED + 1)
    )
    assert (first == again).all()
    assert (first != other).mean() > 0.9


@pytest.mark.full
def test_few_images_teach_more_once_they_are_mixed():
    """200 digits of 1,347, four seeds: the mean of what is named right of the 450 others."""
    reached = {}
    for options in (Augmentation(), Augmentation(mixup=0.4)):
        scores = []
        for seed in range(4):
            train, asked = digits.draw(seed, 200)
            keras.utils.set_random_seed(seed)
            blocks = (Convolution(filters=32), Convolution(filters=64))
            model = build(Cnn(family="cnn", blocks=blocks, hidden_units=(128,)), digits.LABEL, digits.COLUMNS)
            feed = Feed.of(digits.batch(train, 20)).change(augment(options, digits.COLUMNS, digits.LABEL), seed)
            fit(model, feed, digits.batch(train, 200), Training(epochs=120), "multiclass")
            scores.append(digits.score(model, asked))
        reached[options.mixup] = np.mean(scores)
    assert reached[0.4] >= 0.95 > reached[None]
