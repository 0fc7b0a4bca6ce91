"""What is learnt in one pass is what TFX Transform learns, analyzer by analyzer, of the same rows."""

import random

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam

from configs.schema.features import Categorical, Numeric, Steps, Timestamp, Words
from configs.schema.label import Label
from trainer.features.cells import NUMBERS, find_type, from_examples
from trainer.features.learning import NONE, Seen
from trainer.features.learnt import Learnt
from trainer.features.preprocessing import Preprocessing
from trainer.features.transforms import list_numbers
from trainer.settings import Columns

FEATURES = {
    "scaled": Numeric(kind="numeric"),
    "ranged": Numeric(kind="numeric", scale="min_max"),
    "grown": Numeric(kind="numeric", scale="log"),
    "constant": Numeric(kind="numeric"),
    "far": Numeric(kind="numeric"),
    "never": Numeric(kind="numeric"),
    "cut": Numeric(kind="numeric", buckets=4),
    "tied": Numeric(kind="numeric", buckets=3),
    "letter": Categorical(kind="categorical", vocabulary=3),
    "word": Categorical(kind="categorical", vocabulary=1000, oov=3),
    "nothing": Categorical(kind="categorical", vocabulary=5),
    "review": Words(kind="text", vocabulary=20, length=4),
    "at": Timestamp(kind="timestamp", parts=("year",)),
    "past": Steps(kind="sequence", length=3),
}
NUMERIC = [name for name, feature in FEATURES.items() if isinstance(feature, Numeric)]
TEXTS = ["größe", "two words", " ", "tab\t", "CASE", "case", "1", "01", *(f"word{number}" for number in range(40))]


def make_rows(count=600):
    """Rows with blanks, ties, constants, lines and unicode; every seventh row is empty."""
    chance = random.Random(3)
    rows = []
    for number in range(count):
        row = {
            "scaled": [chance.gauss(5, 2)],
            "ranged": [chance.uniform(-3, 9)],
            "grown": [chance.lognormvariate(0, 3)],
            "constant": [7.25],
            "far": [1e6 + chance.gauss(0, 10)],
            "never": [],
            "cut": [chance.expovariate(1)],
            "tied": [float(chance.choice((0, 0, 0, 0, 1)))],
            "letter": [chance.choice("aabbccdde").encode()],
            "word": [chance.choice([*TEXTS, "", "two\nlines", "two\rlines"]).encode()],
            "nothing": [],
            "review": [" ".join(chance.choices(TEXTS, k=chance.randrange(6))).encode()],
            "at": [chance.randrange(-(2**31), 2**31)],
            "past": [chance.gauss(0, 9) for _ in range(chance.randrange(5))],
        }
        rows.append(dict.fromkeys(row, []) if number % 7 == 0 else row)
    return rows


ROWS = make_rows()


def parse(rows):
    """The rows as they are parsed from tf.Examples."""
    return {
        name: tf.ragged.constant([row[name] for row in rows], find_type(feature), ragged_rank=1).to_sparse()
        for name, feature in FEATURES.items()
    }


def learn(rows, batch):
    """What is learnt of the rows, by batches in an order of their own."""
    batches = [rows[start : start + batch] for start in range(0, len(rows), batch)]
    seen = [Seen.of(FEATURES, from_examples(FEATURES, parse(some))) for some in reversed(batches)]
    halves = [seen[::2], seen[1::2]]
    found = Seen()
    for half in halves:
        part = Seen()
        for each in half:
            part.add(each)
        found.add(part)
    return found.conclude(FEATURES)


@pytest.fixture(scope="module")
def learnt():
    return learn(ROWS, 97)


def densify(values, missing):
    """[batch, 1] of a column that holds at most one value a row."""
    return tf.sparse.to_dense(tf.SparseTensor(values.indices, values.values, [values.dense_shape[0], 1]), missing)


def stock(inputs):
    """TFX Transform's own analyzers, one by one, and what its own mappers make of them."""
    outputs = {}
    for name in NUMERIC:
        dense = densify(inputs[name], np.nan)
        dense = tf.sign(dense) * tf.math.log1p(tf.abs(dense)) if name == "grown" else dense
        there = ~tf.math.is_nan(dense)
        outputs |= {
            f"{name}.mean": tft.mean(dense, reduce_instance_dims=False) + tf.zeros_like(dense),
            f"{name}.var": tft.var(dense, reduce_instance_dims=False) + tf.zeros_like(dense),
            f"{name}.low": tft.min(tf.where(there, dense, np.inf)) + tf.zeros_like(dense),
            f"{name}.high": tft.max(tf.where(there, dense, -np.inf)) + tf.zeros_like(dense),
        }
        if buckets := FEATURES[name].buckets:
            edges = tft.quantiles(dense, buckets, epsilon=0.01, reduce_instance_dims=False)
            outputs[f"{name}.edges"] = edges + tf.zeros([tf.shape(dense)[0], 1])
            filled = tf.where(there, dense, tft.mean(dense, reduce_instance_dims=False))
            outputs[f"{name}.bucket"] = tft.apply_buckets(filled, edges)
    lower = tf.strings.lower(inputs["review"].values, encoding="utf-8")
    words = tf.strings.split(tf.strings.regex_replace(lower, r"[^\p{L}\p{M}\p{N}]+", " "))[:, :4]
    texts = {
        "letter": inputs["letter"],
        "word": inputs["word"],
        "nothing": inputs["nothing"],
        "review": words.to_sparse(),
    }
    for name, values in texts.items():
        vocabulary = tft.vocabulary(values, top_k=FEATURES[name].vocabulary, vocab_filename=name)
        if name in ("letter", "word"):
            outputs[f"{name}.id"] = tft.apply_vocabulary(
                densify(values, ""), vocabulary, num_oov_buckets=FEATURES[name].oov
            )
    return outputs


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """The vocabularies that TFX Transform learns, and its columns of the rows."""
    folder = tmp_path_factory.mktemp("stock")
    spec = {name: tf.io.VarLenFeature(find_type(feature)) for name, feature in FEATURES.items()}
    with tft_beam.Context(temp_dir=str(folder / "temporary"), desired_batch_size=64):
        (rows, _), function = (ROWS, tft.DatasetMetadata.from_feature_spec(spec)) | tft_beam.AnalyzeAndTransformDataset(
            stock
        )
        _ = function | tft_beam.WriteTransformFn(str(folder / "graph"))
    output = tft.TFTransformOutput(str(folder / "graph"))
    vocabularies = {name: output.vocabulary_by_name(name) for name in ("letter", "word", "nothing", "review")}
    return vocabularies, {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.slow
def test_moments_are_those_of_transform(learnt, known):
    _, columns = known
    moments = learnt.moments[NUMBERS]
    for place, name in enumerate(NUMERIC):
        assert moments.mean[place] == pytest.approx(columns[f"{name}.mean"][0, 0], rel=1e-6)
        # of numbers about a million Transform's own float32 is off by as much
        error = 1e-3 if name == "far" else 1e-5
        assert moments.deviation[place] ** 2 == pytest.approx(columns[f"{name}.var"][0, 0], rel=error, abs=1e-9)
        if name != "never":
            assert moments.low[place] == columns[f"{name}.low"][0, 0]
            assert moments.high[place] == columns[f"{name}.high"][0, 0]


@pytest.mark.slow
def test_edges_are_those_of_transform_to_its_own_error(learnt, known):
    _, columns = known
    assert learnt.edges["tied"] == columns["tied.edges"][0].tolist()
    values = np.sort([row["cut"][0] for row in ROWS if row["cut"]])
    ours, theirs = (np.searchsorted(values, edges) for edges in (learnt.edges["cut"], columns["cut.edges"][0]))
    assert np.abs(ours - theirs).max() <= 2 * 0.01 * len(values)


@pytest.mark.slow
def test_vocabularies_hold_the_same_values_in_the_same_order(learnt, known):
    vocabularies, _ = known
    for name in ("letter", "word", "review"):
        assert learnt.vocabularies[name] == vocabularies[name]
    assert [len(learnt.vocabularies[name]) for name in ("letter", "word", "review")] == [3, len(TEXTS), 20]


@pytest.mark.slow
def test_columns_are_those_of_transform(learnt, known, tmp_path):
    _, columns = known
    learnt.write(str(tmp_path))
    prepared = Preprocessing(
        Columns(features=FEATURES, label=Label(name="y", kind="binary")), Learnt.read(str(tmp_path))
    )
    made = {name: tensor.numpy() for name, tensor in prepared.transform(from_examples(FEATURES, parse(ROWS))).items()}
    for name in ("letter.id", "word.id", "tied.bucket"):
        np.testing.assert_array_equal(made[name], columns[name])
    assert (made["cut.bucket"] == columns["cut.bucket"]).mean() > 0.95
    scaled = made[NUMBERS][:, list_numbers(FEATURES).index("scaled.number")]
    raw = np.array([row["scaled"][0] if row["scaled"] else np.nan for row in ROWS])
    standard = (raw - columns["scaled.mean"][:, 0]) / np.sqrt(columns["scaled.var"][:, 0])
    np.testing.assert_allclose(scaled, np.nan_to_num(standard), atol=1e-5)


def test_what_is_learnt_does_not_depend_on_the_batches(learnt):
    other = learn(ROWS, 600)
    assert other.vocabularies == learnt.vocabularies
    for group, moments in learnt.moments.items():
        for ours, theirs in zip(vars(moments).values(), vars(other.moments[group]).values(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_a_column_without_a_value_teaches_nothing(learnt):
    place = NUMERIC.index("never")
    moments = learnt.moments[NUMBERS]
    assert (moments.count[place], moments.mean[place], moments.deviation[place], moments.range[place]) == (0, 0, 0, 0)
    assert learnt.vocabularies["nothing"] == [NONE]
