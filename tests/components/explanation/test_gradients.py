"""What pixels and words add to an answer sums to what they change, whatever the model."""

import keras
import numpy as np
import pyarrow as pa
import pytest

from components.explanation import gradients
from components.explanation.attribution import TOLERANCE
from components.explanation.clock import Clock
from components.explanation.gradients import Integral, attribute, choose_units
from components.scoring.saved_model import SavedModel
from configs.schema.models import Dnn
from configs.schema.training import Training
from tests.trainer.conftest import LABELS
from tests.trainer.export.test_saved_model import learn
from tests.trainer.models.test_families import COLUMNS, OPTIONS
from tests.trainer.rows import FEATURES, TRAINING, type_of
from trainer.export.saved_model import export
from trainer.features.learnt import Learnt
from trainer.features.transforms import columns
from trainer.models.families import build
from trainer.settings import Settings

RANDOM = np.random.default_rng(2017)
ROW = {
    "amount": np.array([[0.5]], "float32"),
    "colour.id": np.array([[2]]),
    "hue.id": np.array([[1]]),
    "review": np.array([[1, 3, 5, 0, 0]]),
    "photo": RANDOM.uniform(size=(1, 4, 4, 1)).astype("float32"),
    "pulse": RANDOM.normal(size=(1, 6, 2)).astype("float32"),
    "pulse.mask": np.array([[1, 1, 1, 1, 0, 0]]),
}
KINDS = ("binary", "multiclass", "regression")


def make(family, kind):
    """A model that was not trained, of which no weight is zero; and the score that it tells of a row."""
    settings = Settings(features={}, label=LABELS[kind], model=OPTIONS[family], training=Training())
    model = build(settings, COLUMNS)
    for weight in model.trainable_weights:
        weight.assign(RANDOM.normal(size=weight.shape, scale=0.5))

    def score(row, unit):
        answers = model({name: row[name] for name in model.input}, training=False).numpy()
        return float((np.hstack([1 - answers, answers]) if kind == "binary" else answers)[0, unit])

    return model, score


@pytest.mark.parametrize("family", OPTIONS)
def test_they_sum_to_the_difference_of_the_scores(family):
    kind = KINDS[list(OPTIONS).index(family) % 3]
    model, score = make(family, kind)
    [found] = Integral(model, LABELS[kind], ["photo"], ["review"]).attribute(ROW, [0])
    assert {name: part.shape for name, part in found.added.items()} == {"photo": (4, 4), "review": (5,)}
    answer = score(ROW, 0)
    for layer in model.layers:  # an embedding of a category is left as it is
        if isinstance(layer, keras.layers.Embedding) and layer.input.name == "review":
            layer.embeddings.assign(0 * layer.embeddings)
    base = score(ROW | {"photo": 0 * ROW["photo"]}, 0)
    moved = sum(abs(part).sum() for part in found.added.values())
    assert sum(part.sum() for part in found.added.values()) == pytest.approx(answer - base, abs=TOLERANCE * moved)
    assert (found.answer, found.base) == pytest.approx((answer, base), abs=1e-5)
    assert found.added["review"][3:].tolist() == [0, 0]  # padding
    assert found.added["photo"].any()


def test_of_a_linear_model_they_are_the_closed_form():
    model, _ = make("linear", "regression")
    [found] = Integral(model, LABELS["regression"], ["photo"], ["review"]).attribute(ROW, [0])
    [numbers] = [layer.kernel.numpy() for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    [words] = [layer.embeddings.numpy() for layer in model.layers if getattr(layer, "input_dim", 0) == 6]
    place = 1  # the pixels stand behind the amount
    expected = ROW["photo"][0, :, :, 0] * numbers[place : place + 16].reshape(4, 4)
    np.testing.assert_allclose(found.added["photo"], expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.added["review"], [*words[[1, 3, 5], 0], 0, 0], rtol=1e-4, atol=1e-6)


def test_what_speaks_for_one_of_two_classes_speaks_against_the_other():
    model, _ = make("dnn", "binary")
    twice = {name: np.repeat(values, 2, axis=0) for name, values in ROW.items()}
    no, yes = Integral(model, LABELS["binary"], ["photo"], ["review"]).attribute(twice, [0, 1])
    np.testing.assert_allclose(no.added["photo"], -yes.added["photo"], atol=1e-6)
    assert no.answer == pytest.approx(1 - yes.answer)


def test_a_model_without_a_gradient_has_none_that_are_right():
    photo = keras.Input((4, 4, 1), name="photo")
    model = keras.Model({"photo": photo}, keras.ops.sum(keras.ops.sign(photo), axis=(1, 2)))
    assert Integral(model, LABELS["regression"], ["photo"], []).attribute(ROW, [0]) == [None]


def test_where_a_score_rises_at_once_more_points_are_taken(monkeypatch):
    photo = keras.Input((4, 4, 1), name="photo")
    steep = 20 * (keras.ops.sum(photo, axis=(1, 2)) - float(ROW["photo"].sum()) / 3)
    rising = Integral(keras.Model({"photo": photo}, keras.ops.sigmoid(steep)), LABELS["binary"], ["photo"], [])
    [found] = rising.attribute(ROW, [1])
    assert found.added["photo"].sum() == pytest.approx(1, abs=0.01)
    monkeypatch.setattr(gradients, "POINTS", gradients.POINTS[:1])
    assert rising.attribute(ROW, [1]) == [None]


def test_the_class_that_is_told_is_explained():
    assert choose_units(np.array([[0.2], [0.8]]), LABELS["binary"]) == [0, 1]
    assert choose_units(np.array([[0.2, 0.5, 0.3]]), LABELS["multiclass"]) == [1]
    assert choose_units(np.array([[1.0, 2.0, 9.0]]), LABELS["regression"]) == [1]


@pytest.mark.slow
def test_an_exported_model_tells_it_of_rows_as_they_are_kept(tmp_path):
    features = {name: FEATURES[name] for name in ("scaled", "review", "photo", "pixels")}
    settings = Settings(
        features=features,
        label=LABELS["multiclass"],
        model=Dnn(family="dnn", hidden_units=(8,), embedding=2),
        training=Training(),
    )
    learn(settings, str(tmp_path / "graph"))
    model = build(settings, columns(features, Learnt.read(str(tmp_path / "graph")).sizes))
    export(model, str(tmp_path / "graph"), settings, str(tmp_path / "model"))
    kinds = {"string": pa.large_binary(), "float": pa.float32(), "int64": pa.int64()}
    cells = {
        name: pa.array([row[name] for row in TRAINING], pa.large_list(kinds[type_of(name).name.rstrip("32")]))
        for name in TRAINING[0]
    }
    served, rows = SavedModel(str(tmp_path / "model")), pa.RecordBatch.from_pydict(cells)
    answers = np.eye(3)[[0, 1, 2, 0]]
    asked = (served, rows, answers, settings.label, ["photo", "pixels"], {"review": 3})
    found = attribute(*asked, Clock(60))
    assert [one.added.keys() for one in found] == [{"photo", "pixels", "review"}] * 4
    assert all(one.is_complete for one in found)
    assert abs(found[0].added["review"]).min() > 0
    assert not any(part.any() for part in found[3].added.values())  # of a row that holds none of them
    assert [one.words["review"] for one in found] == [["good", "good", "größe"], ["größe", "good", "for"], [], []]
    assert attribute(*asked, Clock(0)) == []
