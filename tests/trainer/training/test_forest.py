"""A forest of ours answers as scikit-learn's trees do, for each row."""

import keras
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from configs.schema.label import Label
from configs.schema.models import BoostedTrees
from trainer.features.transforms import Column
from trainer.models.boosted_trees import build
from trainer.training.forest import collect, round_down

NUMBER = Label(name="label", kind="regression")
IDS, NUMBERS = Column("hue.id", size=9), Column("all.numbers", shape=(2,))


def ask(forest, ids, numbers):
    options = BoostedTrees(family="boosted_trees")
    model = build(options, NUMBER, [NUMBERS, IDS], forest)
    return model({NUMBERS.name: numbers, IDS.name: ids}).numpy()


@pytest.fixture
def rows():
    """Ids of which 7 and 8 are rare, numbers of which each occurs in many rows, and others that float32 rounds."""
    random = np.random.default_rng(4)
    ids = random.integers(0, 7, (1500, 1))
    numbers = np.hstack([random.integers(-4, 5, (1500, 1)) / 10, random.normal(size=(1500, 1))]).astype("float32")
    label = np.isin(ids[:, 0], [1, 4, 6]) * 2.0 + numbers[:, 0] + np.sin(3 * numbers[:, 1])
    return ids, numbers, label


def grow(estimator, ids, numbers, label):
    x = np.hstack([ids, numbers]).astype("float64")
    return estimator.set_params(categorical_features=[0], max_iter=20).fit(x, label), x


@pytest.mark.slow
def test_every_row_falls_into_the_same_leaves(rows):
    ids, numbers, label = rows
    theirs, x = grow(HistGradientBoostingRegressor(), ids, numbers, label)
    forest = collect(theirs._predictors, [0], [np.unique(ids)], theirs._baseline_prediction.ravel())
    assert len(forest.rights) > 1  # there are splits by ids
    np.testing.assert_array_equal(ask(forest, ids, numbers)[:, 0], theirs.predict(x).astype("float32"))


@pytest.mark.slow
def test_rows_at_a_threshold_and_beside_it_go_where_they_do(rows):
    ids, numbers, label = rows
    theirs, _ = grow(HistGradientBoostingRegressor(), ids, numbers, label)
    forest = collect(theirs._predictors, [0], [np.unique(ids)], theirs._baseline_prediction.ravel())
    cuts = forest.threshold[np.isfinite(forest.threshold) & (forest.feature == 2)]
    near = np.concatenate([cuts, *(np.nextafter(cuts, np.float32(way)) for way in (-np.inf, np.inf))])
    numbers, ids = np.stack([np.zeros_like(near), near], axis=1), np.zeros((len(near), 1), "int64")
    expected = theirs.predict(np.hstack([ids, numbers]).astype("float64")).astype("float32")
    np.testing.assert_array_equal(ask(forest, ids, numbers)[:, 0], expected)


@pytest.mark.slow
@pytest.mark.parametrize("missing", [[2], [0, 3], [6], []])
def test_an_id_that_no_training_row_had_goes_where_theirs_goes(rows, missing):
    ids, numbers, label = rows
    there = ~np.isin(ids[:, 0], missing)
    theirs, _ = grow(HistGradientBoostingRegressor(), ids[there], numbers[there], label[there])
    forest = collect(theirs._predictors, [0], [np.unique(ids[there])], theirs._baseline_prediction.ravel())
    ids[:20], ids[20:40] = 7, 8
    expected = theirs.predict(np.hstack([ids, numbers]).astype("float64")).astype("float32")
    np.testing.assert_array_equal(ask(forest, ids, numbers)[:, 0], expected)


@pytest.mark.slow
def test_each_class_has_trees_of_its_own(rows):
    ids, numbers, label = rows
    theirs, x = grow(HistGradientBoostingClassifier(), ids, numbers, np.digitize(label, [0, 1]))
    forest = collect(theirs._predictors, [0, 1, 2], [np.unique(ids)], theirs._baseline_prediction.ravel())
    assert forest.roots.shape == (20, 3)
    colours = Label(name="label", kind="multiclass", classes=("a", "b", "c"))
    model = build(BoostedTrees(family="boosted_trees"), colours, [NUMBERS, IDS], forest)
    answers = keras.ops.convert_to_numpy(model({NUMBERS.name: numbers, IDS.name: ids}))
    np.testing.assert_allclose(answers, theirs.predict_proba(x), atol=1e-6)


def test_a_threshold_is_rounded_so_that_no_number_changes_sides():
    numbers = np.array([0.1, -0.1, 1 / 3, 2.0, np.inf, 1e300, 1 + 2**-30])
    down = round_down(numbers)
    assert down.dtype == np.float32
    assert (down <= numbers).all()
    assert (np.nextafter(down[:4], np.float32(np.inf)) > numbers[:4]).all()
    assert down.tolist()[3:] == [2.0, np.inf, np.finfo("float32").max, 1.0]
