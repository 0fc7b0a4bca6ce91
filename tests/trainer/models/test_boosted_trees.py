"""What trees written by hand say, however many there are, and once they are saved."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from configs.schema.models import BoostedTrees
from tests.trainer.conftest import LABELS
from trainer.features.transforms import Column
from trainer.models.boosted_trees import AT_ONCE, Forest, build, order
from trainer.models.custom import LAYERS

OPTIONS = BoostedTrees(family="boosted_trees", max_bins=10)
COLUMNS = [Column("all.numbers", shape=(2,)), Column("rare.id", size=11), Column("hue.id", size=10)]
TABLE = {
    "all.numbers": np.array([[0.0, 5.0], [0.5, 5.0], [0.75, 5.0], [0.0, 5.0]], "float32"),
    "rare.id": np.array([[0], [0], [0], [9]]),
    "hue.id": np.array([[0], [2], [0], [9]]),
}
INF = np.float32(np.inf)
# Node 0 is nothing, 1 to 3 ask whether the first number lies above 0.5, 4 to 6 whether the hue is 2 or beyond 3.
FOREST = Forest(
    feature=np.array([0, 2, 0, 0, 0, 0, 0]),
    threshold=np.array([INF, 0.5, INF, INF, INF, INF, INF], "float32"),
    split=np.array([0, 0, 0, 0, 1, 0, 0]),
    children=np.array([[0, 0], [2, 3], [2, 2], [3, 3], [5, 6], [5, 5], [6, 6]]),
    value=np.array([0.0, 0.0, 1.0, 2.0, 0.0, 10.0, 20.0]),
    rights=np.array([[0, 0, 0, 0, 0], [0, 0, 1, 0, 1]], "uint8"),
    roots=np.array([[1], [4]]),
    baseline=np.array([100.0]),
    depth=1,
)


def ask(forest, kind="regression"):
    return build(OPTIONS, LABELS[kind], COLUMNS, forest)(TABLE).numpy().tolist()


def test_ids_come_first_and_those_of_too_many_values_after_them():
    assert [column.name for column in order(COLUMNS, 10)] == ["hue.id", "rare.id", "all.numbers"]


def test_images_and_steps_are_laid_out_flat():
    seen = [
        Column("a.image", shape=(2, 2, 1)),
        Column("b.steps", shape=(3, 1)),
        Column("b.mask", length=3, mask_of="b.steps"),
    ]
    forest = replace(
        FOREST, feature=np.array([0, 3, 0, 0, 6, 0, 0]), split=np.zeros(7, "int64"), rights=FOREST.rights[:1]
    )
    forest = replace(forest, threshold=np.array([INF, 0.5, INF, INF, 2.5, INF, INF], "float32"))
    model = build(OPTIONS, LABELS["regression"], seen, forest)
    pixels = np.array([[0, 0, 0, 1], [1, 1, 1, 0]], "float32").reshape(2, 2, 2, 1)
    steps = np.array([[0, 0, 2], [0, 0, 3]], "float32")[..., None]
    assert model({"a.image": pixels, "b.steps": steps}).numpy().tolist() == [[112.0], [121.0]]


def test_a_row_is_the_sum_of_its_leaves():
    assert ask(FOREST) == [[111.0], [121.0], [112.0], [121.0]]


def test_without_trees_the_baseline_is_all():
    assert ask(replace(Forest.empty(1), baseline=np.array([7.0]))) == [[7.0]] * 4
    assert ask(Forest.empty(1), "binary") == [[0.5]] * 4


def test_more_trees_than_go_side_by_side_are_added_up_as_well():
    many = AT_ONCE + 3
    assert ask(replace(FOREST, roots=np.full((many, 1), 1))) == [[100.0 + many * one] for one in (1, 1, 2, 1)]


def test_units_have_trees_of_their_own():
    forest = replace(
        FOREST, roots=np.array([[1, 4, 0]] * 200), baseline=np.array([1.0, 2.0, 3.0]), value=FOREST.value / 1e3
    )
    model = build(OPTIONS, LABELS["multiclass"], COLUMNS, forest)
    logits = keras.Model(model.input, model.get_layer("trees").output)(TABLE).numpy()
    np.testing.assert_allclose(logits, [[1.2, 4, 3], [1.2, 6, 3], [1.4, 4, 3], [1.2, 6, 3]], rtol=1e-6)


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_model_answers_alike_once_saved(kind, tmp_path):
    model = build(OPTIONS, LABELS[kind], COLUMNS, FOREST)
    model.save(tmp_path / "model.keras")
    saved = keras.models.load_model(tmp_path / "model.keras", LAYERS, compile=False)
    assert (saved(TABLE).numpy() == model(TABLE).numpy()).all()
    assert model.trainable_variables == []
