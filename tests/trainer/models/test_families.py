"""Every family with every kind of column and of label: what goes in, what comes out, and that it learns."""

from typing import Literal

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.errors import ConfigError
from configs.schema.features import Numeric
from configs.schema.models import (
    AdditiveAttention,
    Architecture,
    Attention,
    Cnn,
    Convolution,
    ConvolutionEncoder,
    Dnn,
    Fused,
    Linear,
    RecurrentEncoder,
    Rnn,
    SelfAttention,
    WideDeep,
)
from configs.schema.training import EarlyStopping, Optimizer, Training
from tests.trainer.conftest import LABELS
from trainer.features.transforms import Column
from trainer.models.families import FAMILIES, build
from trainer.settings import Settings
from trainer.training.fit import fit

SMALL = {"hidden_units": (8,), "embedding": 2}
OPTIONS = {
    "linear": Linear(family="linear"),
    "dnn": Dnn(family="dnn", hidden_units=(8,), dropout=0.1),
    "dnn, normalised": Dnn(family="dnn", batch_norm=True, **SMALL),
    "dnn, residual": Dnn(family="dnn", depth=2, width=8, embedding=2, residual=True, dropout=0.1),
    "wide_deep": WideDeep(family="wide_deep", crosses=(("hue", "colour"),), **SMALL),
    "cnn": Cnn(family="cnn", blocks=(Convolution(filters=4, pool=1), Convolution(filters=6)), **SMALL),
    "cnn, normalised": Cnn(family="cnn", blocks=(Convolution(filters=8),), collapse="max", batch_norm=True, **SMALL),
    "rnn, simple": Rnn(family="rnn", cell="simple", units=(8,), **SMALL),
    "rnn, lstm": Rnn(family="rnn", cell="lstm", units=(8,), bidirectional=True, **SMALL),
    "rnn, gru": Rnn(family="rnn", cell="gru", units=(8, 8), dropout=0.1, **SMALL),
    "attention, additive": Attention(
        family="attention", mechanism=AdditiveAttention(kind="additive", cell="gru", units=(8,)), **SMALL
    ),
    "attention, both ways": Attention(
        family="attention", mechanism=AdditiveAttention(kind="additive", units=(8,), bidirectional=True), **SMALL
    ),
    "fused": Fused(
        family="fused",
        encoders={
            "photo": ConvolutionEncoder(kind="cnn", blocks=(Convolution(filters=4),), collapse="max"),
            "review": SelfAttention(kind="self", heads=2, width=8, feed_forward=16),
            "pulse": RecurrentEncoder(kind="rnn", cell="gru", units=(8,)),
        },
        **SMALL,
    ),
    "attention, self": Attention(
        family="attention",
        mechanism=SelfAttention(kind="self", layers=2, heads=2, width=8, feed_forward=16),
        dropout=0.1,
        **SMALL,
    ),
}
COLUMNS = [
    Column("amount"),
    Column("colour.id", size=4),
    Column("hue.id", size=3),
    Column("review", size=6, length=5),
    Column("photo", shape=(4, 4, 1)),
    Column("pulse", shape=(6, 2)),
    Column("pulse.mask", length=6, mask_of="pulse"),
]
# Numbers besides those of images and sequences, and the width of what is embedded 2 wide: ids and, as a mean, words.
NUMBERS, FLAT, EMBEDDED = 1, 1 + 4 * 4 + 6 * 2, 2 + 2
VOCABULARIES = (4 + 3) * 2  # the embeddings of the ids
WORDS = 6 * 2


def dense(*widths):
    """The parameters of dense layers with biases, from the width of their input on."""
    return sum((before + 1) * after for before, after in zip(widths, widths[1:], strict=False))


def recurrent(gates, width, units, biases=1):
    """The parameters of a recurrent layer with so many gates."""
    return gates * units * (width + units + biases)


def additive(width):
    """W and U, and v, without biases."""
    return 2 * width * width + width


def transformer(width, feed_forward, layers):
    """Each layer has four projections, two dense layers and two normalisations; one more comes last."""
    each = 4 * (width + 1) * width + dense(width, feed_forward, width) + 2 * 2 * width
    return layers * each + 2 * width


# Counted by hand: what the columns are encoded by, then hidden layers of 8 and the output. The rest of the columns, of
# those that a family reads in its own way, is its numbers and embedded ids.
REST = NUMBERS + EMBEDDED
PARAMETERS = {
    "linear": lambda units: (FLAT + 4 + 3 + 6 + 1) * units,
    "dnn": lambda units: (4 + 3 + 6) * 8 + dense(FLAT + 3 * 8, 8, units),
    "dnn, normalised": lambda units: VOCABULARIES + WORDS + (FLAT + 3 * 2) * 8 + 4 * 8 + dense(8, units),
    # The sum is brought to its width, each layer normalises and adds to it, and so does the end.
    "dnn, residual": lambda units: (
        VOCABULARIES + WORDS + dense(FLAT + 3 * 2, 8) + 2 * (2 * 8 + dense(8, 8)) + 2 * 8 + dense(8, units)
    ),
    "wide_deep": lambda units: (4 + 3 + 6 + 4 * 3) * units + VOCABULARIES + WORDS + dense(FLAT + 3 * 2, 8, units),
    # Three of a kernel of 3, over 1 channel of 3 x 3 pixels, 2 numbers and 2 of an embedding; 2 x 2, 3 and 2 are left.
    "cnn": lambda units: (
        VOCABULARIES
        + WORDS
        + (dense(9, 4) + dense(4 * 9, 6))
        + 2 * (dense(3 * 2, 4) + dense(3 * 4, 6))
        + dense(REST + 6 * (2 * 2 + 3 + 2), 8, units)
    ),
    "cnn, normalised": lambda units: (
        VOCABULARIES + WORDS + (9 + 2 * 3 * 2) * 8 + 3 * 4 * 8 + (REST + 3 * 8) * 8 + 4 * 8 + dense(8, units)
    ),
    "rnn, simple": lambda units: VOCABULARIES + WORDS + 2 * recurrent(1, 2, 8) + dense(REST + 16 + 2 * 8, 8, units),
    "rnn, lstm": lambda units: VOCABULARIES + WORDS + 4 * recurrent(4, 2, 8) + dense(REST + 16 + 2 * 16, 8, units),
    "rnn, gru": lambda units: (
        VOCABULARIES
        + WORDS
        + 2 * (recurrent(3, 2, 8, biases=2) + recurrent(3, 8, 8, biases=2))
        + dense(REST + 16 + 2 * 8, 8, units)
    ),
    "attention, additive": lambda units: (
        VOCABULARIES + WORDS + 2 * (recurrent(3, 2, 8, biases=2) + additive(8)) + dense(REST + 16 + 2 * 8, 8, units)
    ),
    "attention, both ways": lambda units: (
        VOCABULARIES + WORDS + 2 * (2 * recurrent(4, 2, 8) + additive(16)) + dense(REST + 16 + 2 * 16, 8, units)
    ),
    "fused": lambda units: (
        VOCABULARIES
        + dense(9, 4)
        + (6 * 8 + 5 * 8 + transformer(8, 16, 1))
        + recurrent(3, 2, 8, biases=2)
        + dense(REST + 4 + 8 + 8, 8, units)
    ),
    "attention, self": lambda units: (
        VOCABULARIES
        + (6 * 8 + dense(2, 8) + (5 + 6) * 8)  # words, numbers, positions
        + 2 * transformer(8, 16, 2)
        + dense(REST + 16 + 2 * 8, 8, units)
    ),
}
MEAN = """
import keras
from trainer.labels import predict
from trainer.models.layers import inputs

def build(options, label, columns):
    tensors = inputs(columns[:1])
    return keras.Model(tensors, predict(tensors[columns[0].name], label))
"""
UNITS = {"binary": 1, "multiclass": 3, "multilabel": 3, "regression": 1}
FAMILY = {options.family: name for name, options in reversed(OPTIONS.items())}  # the first way to have each
GRID = [(name, kind) for name in OPTIONS for kind in LABELS if kind == "binary" or name in FAMILY.values()]
EVERY_KIND = "dnn"  # the one family that learns each kind of label in every run of the tests
READ_IN_ORDER = ("cnn", "rnn", "attention", "fused")  # what steps are: all others lay them flat, or count words
SEQUENTIAL = [name for name in OPTIONS if name.startswith(("rnn", "attention"))]


def mark_most(name, kind):
    """A case of the grid, of which those are tried less often that another case shows as well."""
    made_of_others = name == "fused"
    tried = name == EVERY_KIND or (kind == "binary" and name in FAMILY.values() and not made_of_others)
    return pytest.param(name, kind, marks=[] if tried else pytest.mark.full)


def settings_of(name, columns, kind="binary"):
    return Settings(
        features={column.name: Numeric(kind="numeric") for column in columns},
        label=LABELS[kind],
        model=OPTIONS[name],
        training=Training(),
    )


def model_of(name, columns, kind="binary"):
    keras.utils.set_random_seed(1)
    return build(settings_of(name, columns, kind), columns)


def train(name, kind, table, label, rate, epochs):
    """A model after so many epochs of a thousand rows, as it was after the best of them."""
    model = model_of(name, COLUMNS, kind)
    rows, batch = tf.data.Dataset.from_tensor_slices((table, label)), min(128, len(label))
    stopping = EarlyStopping(patience=epochs)
    fit(
        model,
        rows.repeat(1024 // len(label)).batch(batch),
        rows.batch(batch),
        Training(epochs=epochs, optimizer=Optimizer(learning_rate=rate), early_stopping=stopping),
        kind,
    )
    return model


def ask(model, table):
    return model({name: table[name] for name in model.input}).numpy()


def shake(model):
    """Gives each weight a value of its own, so that none of those that begin as zeros hides anything."""
    random = np.random.default_rng(5)
    model.set_weights([weight + random.uniform(-0.2, 0.2, weight.shape) for weight in model.get_weights()])
    return model


def score(kind, answers, label):
    """The share of rows that are right, or of a number's variance that is explained."""
    if kind == "regression":
        return 1 - np.square(answers - label).mean() / label.var()
    classes = answers.argmax(axis=1)[:, None] if kind == "multiclass" else answers > 0.5
    return (classes == label).mean()


@pytest.fixture
def table(features):
    """A thousand rows of every kind of column, of which all but the first three are noise, by fewer words and steps."""
    random = np.random.default_rng(3)
    steps = np.arange(6) < np.arange(1024)[:, None] % 7  # none in the first row
    return {
        "amount": features["amount"],
        "colour.id": features["colour"],
        "review": features["review"],
        "hue.id": random.integers(0, 3, size=(1024, 1)),
        "photo": random.uniform(size=(1024, 4, 4, 1)).astype("float32"),
        "pulse": random.normal(size=(1024, 6, 2)).astype("float32"),
        "pulse.mask": steps.astype("int64"),
    }


def test_every_family_is_tried():
    tried = {options.family for options in OPTIONS.values()}
    # One is the user's own, one is not trained by gradients, one reads a series alone: they have tests of their own.
    assert tried == set(FAMILIES) - {"custom", "boosted_trees", "autoregression"}
    assert PARAMETERS.keys() == OPTIONS.keys()


@pytest.mark.slow
@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_family_has_the_parameters_that_its_layers_add_up_to(name, kind):
    assert model_of(name, COLUMNS, kind).count_params() == PARAMETERS[name](UNITS[kind])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), [mark_most(name, kind) for name, kind in GRID])
def test_a_family_learns_32_rows_by_heart_and_answers_alike_once_saved(name, kind, table, label_of, tmp_path):
    few = {column: values[:32] for column, values in table.items()}
    label = label_of[kind][:32]
    model = train(name, kind, few, label, rate=0.05, epochs=8)
    answers = ask(model, few)
    assert answers.shape == (32, UNITS[kind])
    assert answers.dtype == np.float32
    assert score(kind, answers, label) > 0.9
    if kind == "multiclass":
        np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    model.save(tmp_path / "model.keras")
    saved = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert (ask(saved, few) == answers).all()


@pytest.mark.full
@pytest.mark.parametrize("name", FAMILY.values())
def test_a_family_sees_a_number_an_id_and_a_word_alike(name, table, label_of):
    model = train(name, "binary", table, label_of["binary"], rate=0.05, epochs=25)
    assert score("binary", ask(model, table), label_of["binary"]) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONS)
def test_a_row_without_words_and_steps_has_an_answer_as_well(name, table):
    none = {column: np.zeros_like(values[:2]) for column, values in table.items()}
    assert np.isfinite(ask(model_of(name, COLUMNS), none)).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONS)
def test_what_padding_holds_is_seen_by_those_alone_who_lay_all_numbers_out_flat(name, table):
    model = shake(model_of(name, COLUMNS))
    padding = table["pulse.mask"][..., None] == 0
    other = table | {"pulse": np.where(padding, np.float32(9), table["pulse"])}
    unseen = np.array_equal(ask(model, table), ask(model, other))
    assert unseen == ("pulse.mask" in model.input) == (OPTIONS[name].family in READ_IN_ORDER)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONS)
def test_a_word_more_is_seen_and_more_padding_is_not(name, table):
    few = {column: values[:3] for column, values in table.items()}
    model = shake(model_of(name, COLUMNS))
    texts = np.array([[1, 3, 0, 0, 0], [1, 3, 3, 0, 0], [3, 1, 0, 0, 0]])
    same = {column: np.repeat(values[1:2], 3, axis=0) for column, values in few.items()}
    short, longer, turned = ask(model, same | {"review": texts})[:, 0]
    assert short != longer
    assert (short == turned) == (OPTIONS[name].family not in READ_IN_ORDER)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "column"),
    [(name, column) for name in ("linear", "dnn") for column in COLUMNS[:6]]
    + [("cnn", column) for column in COLUMNS[3:6]]
    + [(name, column) for name in SEQUENTIAL for column in (COLUMNS[3], COLUMNS[5])],
)
def test_a_single_column_is_enough(name, column):
    values = np.zeros((2, *column.input().shape[1:]), column.input().dtype)
    answers = model_of(name, [column])({column.name: values}).numpy()
    assert answers.shape == (2, 1)
    assert np.isfinite(answers).all()


@pytest.mark.parametrize("name", ["cnn", *SEQUENTIAL])
def test_a_family_that_has_nothing_to_read_says_so(name):
    columns = COLUMNS[:3] if name == "cnn" else [*COLUMNS[:3], COLUMNS[4]]
    with pytest.raises(ConfigError, match="no feature is") as error:
        model_of(name, columns)
    assert error.value.where == "model.family"


class Mean(Architecture):
    """The options of a family that is added."""

    family: Literal["mean"] = "mean"


def test_one_file_and_one_line_add_a_family(tmp_path, monkeypatch, table):
    (tmp_path / "mean.py").write_text(MEAN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(FAMILIES, "mean", "mean:build")
    model = build(settings_of("linear", COLUMNS).model_copy(update={"model": Mean()}), COLUMNS)
    assert ask(model, table)[0, 0] == pytest.approx(1 / (1 + np.exp(-table["amount"][0, 0])))
