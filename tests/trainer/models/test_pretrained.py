"""A network that was trained before, as an encoder; and what that is worth where there are few rows of new digits."""

import keras
import numpy as np
import pytest

from configs.errors import ConfigError
from configs.schema.label import Label
from configs.schema.models import Cnn, Convolution, Dnn, Fused, Pretrained
from configs.schema.training import Training
from tests.trainer import digits
from trainer.features.transforms import Column
from trainer.models import cnn, dnn, fused
from trainer.models.pretrained import seal
from trainer.training.fit import fit

FIVE = Label(name="digit", kind="multiclass", classes=tuple("01234"))
COLUMNS = [Column("image.image", shape=(8, 8, 1))]
BLOCKS = (Convolution(filters=32), Convolution(filters=64))
OPTIONS = Cnn(family="cnn", blocks=BLOCKS, hidden_units=(64,))


@pytest.fixture
def network(tmp_path):
    keras.utils.set_random_seed(0)
    model = cnn.build(OPTIONS, FIVE, COLUMNS)
    model.save(tmp_path / "net.keras")
    return Pretrained(kind="keras", path=str(tmp_path / "net.keras"))


def build(encoder):
    options = Fused(family="fused", encoders={"image": encoder}, hidden_units=(16,))
    return fused.build(options, FIVE, COLUMNS)


def count_trained(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def model_size(source):
    return HEAD + source.count_params() - (64 + 1) * 5


HEAD = (64 + 1) * 16 + (16 + 1) * 5


def test_its_weights_come_along_and_rest(network):
    model, source = build(network), keras.models.load_model(network.path, compile=False)
    assert count_trained(model) == HEAD
    assert model.count_params() == model_size(source)
    images = np.random.default_rng(0).random((3, 8, 8, 1)).astype("float32")
    reader = model.get_layer("pretrained_image.image")
    hidden = keras.Model(source.inputs, source.layers[-2].input)  # the last is a softmax, without weights
    assert np.allclose(reader(images), hidden(images))


def test_they_may_go_on_learning_or_a_thin_part_beside_them(network):
    source = keras.models.load_model(network.path, compile=False)
    whole = build(network.model_copy(update={"trainable": True}))
    assert count_trained(whole) == model_size(source)
    thin = build(network.model_copy(update={"lora": 2}))
    dense = 2 * (2 * 2 * 64 + 64) + 64  # two thin matrices, and the bias; of convolutions as Keras has it
    assert HEAD + dense <= count_trained(thin) < model_size(source) / 4


def test_a_layer_is_taken_by_its_name(network):
    source = keras.models.load_model(network.path, compile=False)
    flat = next(layer.name for layer in source.layers if isinstance(layer, keras.layers.Flatten))
    model = build(network.model_copy(update={"layer": flat}))
    assert count_trained(model) == (2 * 2 * 64 + 1) * 16 + (16 + 1) * 5
    with pytest.raises(ConfigError, match="it has no layer 'top'"):
        build(network.model_copy(update={"layer": "top"}))


def test_what_does_not_fit_is_named(network, tmp_path):
    options = Fused(family="fused", encoders={"image": network})
    with pytest.raises(ConfigError, match=r"its input is \(8, 8, 1\), and 'image.image' is \(4, 4, 1\)"):
        fused.build(options, FIVE, [Column("image.image", shape=(4, 4, 1))])
    (tmp_path / "none.keras").write_text("?")
    with pytest.raises(ConfigError, match="this is no network that Keras reads"):
        build(network.model_copy(update={"path": str(tmp_path / "none.keras")}))


def test_another_file_is_another_model(network, tmp_path):
    options = Fused(family="fused", encoders={"image": network})
    sealed = seal(options)
    assert len(sealed.encoders["image"].digest) == 64
    build(sealed.encoders["image"])
    cnn.build(OPTIONS, FIVE, COLUMNS).save(network.path)
    assert seal(options) != sealed
    with pytest.raises(ConfigError, match="the file is not what it was when the run began"):
        build(sealed.encoders["image"])


def pick(rows, low):
    """The rows of five digits from one on, which count from 0."""
    images, labels = rows
    own = (labels[:, 0] >= low) & (labels[:, 0] < low + 5)
    return images[own], labels[own] - low


def few(rows, each, seed):
    """So many rows of each class, drawn."""
    images, labels = rows
    drawn = np.random.default_rng(seed).permutation(len(labels))
    chosen = np.concatenate([[row for row in drawn if labels[row, 0] == digit][:each] for digit in range(5)])
    return images[chosen], labels[chosen]


def batch(rows, size):
    return digits.batch(rows, size).map(lambda columns, label: ({"image.image": columns["image"]}, label))


def score(model, rows):
    told = model.predict({"image.image": rows[0]}, verbose=0).argmax(1)[:, None]
    return float((told == rows[1]).mean())


@pytest.mark.full
def test_of_digits_a_network_of_others_tells_about_as_much_as_none(tmp_path):
    """20 rows of each of 5 to 9, the mean over four seeds: more was asked for, three points, and is not reached."""
    train, asked = digits.draw()
    options = Dnn(family="dnn", hidden_units=(64, 32))
    keras.utils.set_random_seed(0)
    base = dnn.build(options, FIVE, COLUMNS)
    known = pick(train, 0)
    fit(base, batch(known, 32), batch(known, 64).take(1), Training(epochs=10), "multiclass")
    assert score(base, pick(asked, 0)) > 0.95
    base.save(tmp_path / "net.keras")
    first = next(layer.name for layer in base.layers if isinstance(layer, keras.layers.Activation))
    encoder = Pretrained(kind="keras", path=str(tmp_path / "net.keras"), layer=first, trainable=True)
    reader = Fused(family="fused", encoders={"image": encoder}, hidden_units=(32,))
    new, told = pick(train, 5), pick(asked, 5)
    reached = {"scratch": [], "transfer": []}
    for seed in range(4):
        rows = few(new, 20, seed)
        for name, scores in reached.items():
            keras.utils.set_random_seed(seed)
            model = (fused.build if name == "transfer" else dnn.build)(
                reader if name == "transfer" else options, FIVE, COLUMNS
            )
            fit(model, batch(rows, 20), batch(rows, 100), Training(epochs=10), "multiclass")
            scores.append(score(model, told))
    assert np.mean(reached["scratch"]) > 0.78
    assert abs(np.mean(reached["transfer"]) - np.mean(reached["scratch"])) < 0.04
