"""What augmentation does to a batch, by each of its keys, and what it leaves alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.errors import ConfigError
from configs.schema.augmentation import Augmentation, Images, Numbers, Sequences, Texts
from configs.schema.config import Label
from configs.schema.models import Dnn
from configs.schema.training import Optimizer, Training
from trainer.features.transforms import Column
from trainer.models.dnn import build
from trainer.training.augmentation import augment
from trainer.training.dataset import Feed
from trainer.training.fit import fit

COLUMNS = [
    Column("amount"),
    Column("photo", shape=(5, 5, 1)),
    Column("review", size=9, length=6),
    Column("pulse", shape=(4, 2)),
    Column("pulse.mask", length=4, mask_of="pulse"),
]
LABEL = Label(name="label", kind="binary")
SEED = tf.constant([3, 5], tf.int64)


@pytest.fixture
def batch():
    """200 rows; of the photos all are alike, bright in the corner at the top left."""
    photo = np.full((200, 5, 5, 1), 0.25, "float32")
    photo[:, :2, :2] = 0.75
    review = np.tile([1, 2, 3, 4, 0, 0], (200, 1))
    mask = np.tile([1, 1, 0, 0], (200, 1))
    pulse = np.zeros((200, 4, 2), "float32")
    return {
        "amount": np.ones((200, 1), "float32"),
        "photo": photo,
        "review": review,
        "pulse": pulse,
        "pulse.mask": mask,
    }


def changed(batch, seed=SEED, **options):
    given = {name: tf.constant(values) for name, values in batch.items()}
    found, label = augment(Augmentation(**options), COLUMNS, LABEL)((given, tf.constant([[1]])), seed)
    assert label.numpy() == [[1]]
    return {name: tensor.numpy() for name, tensor in found.items()}


def photos(batch, **options):
    found = changed(batch, images=Images(**options))["photo"]
    assert found.shape == batch["photo"].shape
    assert found.min() >= 0
    assert found.max() <= 1
    return found


def test_nothing_asked_for_changes_nothing(batch):
    for name, values in changed(batch, images=Images()).items():
        np.testing.assert_array_equal(values, batch[name])


@pytest.mark.parametrize(("flip", "axes"), [("horizontal", {2}), ("vertical", {1}), ("both", {1, 2})])
def test_half_of_the_images_are_flipped(batch, flip, axes):
    found = photos(batch, flip=flip)
    ways = {(): batch["photo"][0]}
    for axis in axes:
        ways |= {(*done, axis): np.flip(image, axis - 1) for done, image in ways.items()}
    counts = [sum(np.allclose(image, way, atol=1e-5) for image in found) for way in ways.values()]
    assert sum(counts) == 200
    assert min(counts) > 200 / len(ways) * 0.7


def test_a_rotation_turns_around_the_middle(batch):
    image = np.zeros((200, 5, 5, 1), "float32")
    image[:, 2, 2], image[:, 2, 4] = 1, 1
    found = photos(batch | {"photo": image}, rotation=180)
    np.testing.assert_allclose(found[:, 2, 2], 1, atol=1e-5)
    assert (found[:, 2, 0] > 0.9).any()  # half a turn
    assert (found[:, 0, 2] > 0.9).any()  # a quarter
    assert (found[:, 4, 2] > 0.9).any()
    np.testing.assert_allclose(photos(batch | {"photo": image}, rotation=1)[:, 2, 4], 1, atol=0.05)


def test_a_crop_shows_a_part_from_anywhere_at_full_size(batch):
    ramp = np.tile(np.linspace(0, 1, 5, dtype="float32")[None, None, :, None], (200, 5, 1, 1))
    found = photos(batch | {"photo": ramp}, crop=0.5)
    spans = found[:, 0, 4, 0] - found[:, 0, 0, 0]
    assert spans.min() == pytest.approx(0.5, abs=0.02)
    assert spans.max() == pytest.approx(1, abs=0.02)
    assert found[:, 0, 2].std() > 0.05


def test_a_zoom_stays_in_the_middle(batch):
    ramp = np.tile(np.linspace(0, 1, 5, dtype="float32")[None, None, :, None], (200, 5, 1, 1))
    found = photos(batch | {"photo": ramp}, zoom=0.5)
    np.testing.assert_allclose(found[:, 0, 2], 0.5, atol=1e-5)
    assert found[:, 0, 3].min() == pytest.approx(0.5 + 0.25 / 1.5, abs=0.01)
    assert found[:, 0, 3].max() == pytest.approx(1, abs=0.02)


def test_contrast_spreads_around_each_images_mean(batch):
    found = photos(batch, contrast=0.5)
    np.testing.assert_allclose(found.mean(axis=(1, 2, 3)), batch["photo"].mean(axis=(1, 2, 3)), rtol=1e-5)
    spread = np.ptp(found, axis=(1, 2, 3)) / 0.5
    assert (spread.min(), spread.max()) == (pytest.approx(0.5, abs=0.02), pytest.approx(1.5, abs=0.02))


def test_noise_is_as_wide_as_it_says(batch):
    assert (photos(batch, noise=0.05) - batch["photo"]).std() == pytest.approx(0.05, rel=0.05)


def test_some_words_become_unknown_and_padding_stays(batch):
    found = changed(batch, texts=Texts(dropout=0.25))["review"]
    assert (found[:, 4:] == 0).all()
    kept = found[:, :4] == [1, 2, 3, 4]
    assert set(found[:, :4][~kept]) == {8}
    assert kept.mean() == pytest.approx(0.75, abs=0.05)


def test_steps_jitter_and_padding_stays(batch):
    found = changed(batch, sequences=Sequences(jitter=0.1))["pulse"]
    assert found[:, :2].std() == pytest.approx(0.1, rel=0.1)
    assert (found[:, 2:] == 0).all()


def test_numbers_jitter_and_nothing_else_does(batch):
    found = changed(batch, numbers=Numbers(jitter=0.1))
    assert (found["amount"] - 1).std() == pytest.approx(0.1, rel=0.2)
    for name in batch.keys() - {"amount"}:
        np.testing.assert_array_equal(found[name], batch[name])


def test_chance_depends_on_the_seed_alone(batch):
    options = {"images": Images(rotation=20, noise=0.1), "texts": Texts(dropout=0.5)}
    first, again, other = (changed(batch, seed, **options) for seed in (SEED, SEED, SEED + 1))
    for name in ("photo", "review"):
        assert (first[name] == again[name]).all()
        assert (first[name] != other[name]).any()
    np.testing.assert_array_equal(first["amount"], batch["amount"])


def test_a_kind_that_there_is_none_of_is_refused():
    with pytest.raises(ConfigError, match="there are no images to change") as error:
        augment(Augmentation(images=Images(noise=0.1)), COLUMNS[2:], LABEL)
    assert error.value.where == "model.augment.images"


@pytest.mark.slow
@pytest.mark.parametrize(("images", "reached"), [(Images(), (0.0, 0.75)), (Images(flip="horizontal"), (0.95, 1.0))])
def test_a_model_that_saw_flipped_images_knows_mirrored_ones(images, reached):
    """The classes are bright at the top or at the bottom, always on the left; asked of are those on the right."""
    random = np.random.default_rng(1)
    label = random.integers(0, 2, (400, 1))
    photo = random.uniform(0, 0.2, (400, 5, 5, 1)).astype("float32")
    photo[label[:, 0] == 0, :2, :2] += 0.6
    photo[label[:, 0] == 1, 3:, :2] += 0.6
    rows = tf.data.Dataset.from_tensor_slices(({"photo": photo}, label)).batch(50)
    keras.utils.set_random_seed(1)
    columns = [COLUMNS[1]]
    model = build(Dnn(family="dnn", hidden_units=(16,)), LABEL, columns)
    feed = Feed.of(rows).change(augment(Augmentation(images=images), columns, LABEL), seed=1)
    fit(model, feed, rows, Training(epochs=30, optimizer=Optimizer(learning_rate=0.01)), "binary")
    known, mirrored = (((model({"photo": x}).numpy() > 0.5) == label).mean() for x in (photo, photo[:, :, ::-1]))
    assert known > 0.95
    assert reached[0] <= mirrored <= reached[1]
