"""What becomes of a batch that is too large for the memory of the device."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema.features import Numeric
from configs.schema.models import BoostedTrees, Dnn, Linear
from configs.schema.privacy import Budget
from configs.schema.training import EarlyStopping, Federated, Optimizer, Plateau, Training
from tests.trainer.conftest import LABELS
from trainer import run_fn
from trainer.features.cells import NUMBERS
from trainer.features.identity import ROW
from trainer.features.learnt import Learnt
from trainer.features.transforms import Column
from trainer.labels import adapt
from trainer.models.families import build
from trainer.run_fn import average, choose_regime, refit, train_model, train_parts, widen
from trainer.settings import Settings
from trainer.training.dataset import Feed, Rows, read
from trainer.training.differential_privacy import Ledger
from trainer.training.distribution import computing
from trainer.training.federation import Federation
from trainer.training.regime import Regime


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


class Held(Rows):
    """Rows that are held in memory: columns by name, and their labels."""

    def __init__(self, columns, label):
        self.held, self.count, self.factors, self.training = (columns, label), len(label), None, Training()


class Memory:
    """A model that says 1 of a row that it was trained on, or that was looked at meanwhile; 0 of any other."""

    input = dict.fromkeys([ROW])

    def __init__(self, *splits):
        self.known = np.concatenate([read(split).columns[ROW] for split in splits])

    def __call__(self, columns, training=False):
        return tf.cast(np.isin(columns[ROW], self.known), tf.float32)


@pytest.mark.parametrize(
    ("training", "left_out"),
    [
        (Training(), 1),
        (Training(early_stopping=EarlyStopping(patience=1)), 2),
        (Training(optimizer=Optimizer(schedule=Plateau(kind="plateau"))), 2),
    ],
)
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_no_row_is_judged_by_a_model_that_has_seen_it(monkeypatch, training, left_out, kind):
    trained = []

    def remember(settings, given, learnt, splits, size):
        trained.append((given["checkpoint"], given["tensorboard"], splits[0].count, splits[1].count))
        seen = splits if settings.training.watches else splits[:1]
        return Memory(*seen), {"loss": [1.0], "val_loss": [2.0]}, {"begun": 0}

    monkeypatch.setattr(run_fn, "train_model", remember)
    settings = Settings(
        features={"a": Numeric(kind="numeric")},
        label=LABELS[kind],
        model=Linear(family="linear"),
        training=training,
        folds=4,
    )
    known = np.random.default_rng(0).permutation(1000)[:100][:, None]
    label = np.arange(100)[:, None] % 2 if kind == "binary" else np.arange(100.0)[:, None]
    given = {"checkpoint": "place/state.npz", "tensorboard": "logs"}
    judge, histories, facts = train_parts(settings, given, Learnt({}, {}, {}), Held({ROW: known}, label), 64)
    assert judge({ROW: tf.constant(known)}).numpy().sum() == 0
    assert [model({ROW: known}).numpy().sum() for model in judge.models] == [75] * 4
    folds = [f"fold-{number}" for number in (1, 2, 3, 4)]
    assert trained == [(f"place/{fold}.npz", f"logs/{fold}", 100 - 25 * left_out, 25) for fold in folds]
    assert (len(histories), facts) == (4, {"begun": 0, "folds": 4})


def test_a_history_of_folds_is_their_mean_as_far_as_all_have_come():
    histories = [{"loss": [4.0, 2.0, 1.0], "val_loss": [5.0, 3.0, 4.0]}, {"loss": [2.0, 1.0], "val_loss": [3.0, 1.0]}]
    assert average(histories) == {"loss": [3.0, 1.5], "val_loss": [4.0, 2.0]}
    assert average(histories[:1]) == histories[0]


def test_rows_reach_a_training_by_the_regime_that_the_config_asks_for():
    """Of a hundred rows in batches of 32, in five epochs or seven steps."""

    def choose(budget=None, **training):
        settings = Settings(
            features={"a": Numeric(kind="numeric")},
            label=LABELS["binary"],
            model=Linear(family="linear"),
            training=Training(batch_size=32, **training),
            budget=budget,
        )
        return choose_regime(settings, Split(), 32)

    assert type(choose()) is Regime
    federation = choose(federated=Federated(clients="c", rounds=3), seed=7)
    assert isinstance(federation, Federation) and (federation.options.rounds, federation.seed) == (3, 7)
    budget = Budget(epsilon=0.5, delta="auto", clip=2.0)
    for training, steps in (({}, 20), ({"steps": 7}, 7)):
        ledger = choose(budget, **training)
        assert isinstance(ledger, Ledger)
        known = ledger.mechanism
        assert (known.rows, known.batch_size, known.steps, known.clip, known.delta) == (100, 32, steps, 2.0, 0.01)


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
    assert facts.items() >= {"batch_size": 16, "parameters": 2, "begun": 0, "base": None}.items()
    assert (facts["steps"], facts["seconds"] > 0) == (7, True)
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
    histories = [{"val_loss": losses} for losses in ([0.4, 0.2, 0.3], [0.2], [0.4, 0.3, 0.2])]
    model = refit(settings, given, Learnt({}, {}, {}), (Split(), Split()), 64, histories)
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
