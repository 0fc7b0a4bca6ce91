"""What becomes of a batch that is too large for the memory of the device."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema.features import Numeric
from configs.schema.models import BoostedTrees, Dnn, Linear
from configs.schema.training import EarlyStopping, Training
from tests.trainer.conftest import LABELS
from trainer import run_fn
from trainer.features.cells import NUMBERS
from trainer.features.learnt import Learnt
from trainer.features.transforms import Column
from trainer.labels import adapt
from trainer.models.families import build
from trainer.run_fn import refit, train_model, widen
from trainer.settings import Settings
from trainer.training.dataset import Feed
from trainer.training.distribution import computing


@keras.saving.register_keras_serializable("tests")
class Narrow(keras.layers.Layer):
    """A device with room for sixteen rows."""

    def call(self, tensor):
        with tf.control_dependencies([tf.py_function(require_room, [tf.shape(tensor)[0]], [])]):
            return tf.identity(tensor)


def require_room(rows):
    if rows > 16:
        raise MemoryError("TensorFlow makes a ResourceExhaustedError of this")


class Split:
    """A hundred rows."""

    count = 100

    def batches(self, size):
        numbers = np.arange(100, dtype="float32")[:, None] / 100
        return tf.data.Dataset.from_tensor_slices(({NUMBERS: numbers}, (numbers > 0.5).astype("int64"))).batch(size)

    def feed(self, size):
        return Feed.of(self.batches(size))


@pytest.fixture
def narrow(monkeypatch, tmp_path):
    def build_narrow(settings, columns):
        model = build(settings, columns)
        return keras.Model(model.input, Narrow(name="narrow")(model.output))

    monkeypatch.setattr(run_fn, "build", build_narrow)
    return {"checkpoint": str(tmp_path / "state.npz"), "tensorboard": str(tmp_path / "logs")}


def train(narrow, batch_size, size):
    settings = Settings(
        features={"a": Numeric(kind="numeric")},
        label=LABELS["binary"],
        model=Linear(family="linear"),
        training=Training(batch_size=batch_size, epochs=1),
    )
    vocabularies = Learnt({}, {}, {})
    return train_model(settings, narrow, vocabularies, (Split(), Split()), size)


@pytest.mark.slow
def test_a_batch_is_halved_until_it_fits(narrow):
    _, history, facts = train(narrow, "auto", 64)
    assert facts == {"batch_size": 16, "parameters": 2, "begun": 0, "base": None}
    assert len(history["loss"]) == 1


@pytest.mark.slow
def test_a_size_that_was_asked_for_is_kept_or_refused(narrow):
    with pytest.raises(MillraceError, match="A batch of 64 rows does not fit into the memory of the device"):
        train(narrow, 64, 64)


@pytest.mark.slow
def test_trees_are_grown_in_place_of_steps():
    settings = Settings(
        features={"a": Numeric(kind="numeric")},
        label=LABELS["binary"],
        model=BoostedTrees(family="boosted_trees", max_iter=3, min_samples_leaf=5),
        training=Training(metrics=("accuracy",)),
    )
    model, history, facts = train_model(settings, {}, Learnt({}, {}, {}), (Split(), Split()), 64)
    assert history["val_accuracy"] == [1.0, 1.0, 1.0]
    assert facts == {"parameters": model.count_params(), "begun": 0, "base": None}
    assert [layer.name for layer in model.layers][-2:] == ["trees", "prediction"]


@pytest.mark.slow
@pytest.mark.parametrize(("stopping", "iterations"), [(EarlyStopping(patience=1), 2), (None, 4)])
def test_a_model_of_all_rows_is_trained_as_long_as_was_best(tmp_path, stopping, iterations):
    settings = Settings(
        features={"a": Numeric(kind="numeric")},
        label=LABELS["binary"],
        model=BoostedTrees(family="boosted_trees", max_iter=4, min_samples_leaf=5),
        training=Training(early_stopping=stopping, refit=True),
    )
    given = {"checkpoint": str(tmp_path / "state.npz"), "tensorboard": str(tmp_path)}
    history = {"val_loss": [0.4, 0.2, 0.3]}
    model = refit(settings, given, Learnt({}, {}, {}), (Split(), Split()), 64, history)
    assert model.get_layer("trees").iterations == iterations


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_what_was_trained_in_half_precision_serves_in_whole(kind):
    settings = Settings(
        features={},
        label=LABELS[kind],
        model=Dnn(family="dnn", hidden_units=(8,)),
        training=Training(precision="mixed_bfloat16"),
    )
    seen = [Column("a.number")]
    with computing(settings.training):
        trained = build(settings, seen)
    if kind == "regression":
        adapt(trained, 100.0, 10.0)
    served = widen(trained, settings, seen)
    assert {layer.compute_dtype for layer in served.layers} == {"float32"}
    rows = {"a.number": np.linspace(-1, 1, 20, dtype="float32")[:, None]}
    half, whole = trained(rows).numpy(), served(rows).numpy()
    np.testing.assert_allclose(whole, half, rtol=0.05)
    assert (whole != half).any()
