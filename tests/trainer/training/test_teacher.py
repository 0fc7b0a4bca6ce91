"""What a teacher lays beside the labels, and what a small model makes of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema.models import Dnn
from configs.schema.training import Distillation, Optimizer, Teacher, Training
from tests.trainer import digits
from tests.trainer.conftest import LABELS
from tests.trainer.training.test_warm_start import NEW, OLD, columns_of, model_of, rows, write_vocabularies
from trainer.export.saved_model import KERAS_MODEL
from trainer.export.signatures import FOLDS, JUDGED
from trainer.features.learnt import Learnt
from trainer.models.dnn import build
from trainer.training.dataset import Feed
from trainer.training.fit import fit
from trainer.training.losses import loss
from trainer.training.metrics import metrics
from trainer.training.teacher import Taught, teach

NOTHING = Learnt({}, {}, {})
SEED = tf.constant([0, 0], tf.int64)


def export(model, folder):
    (folder / KERAS_MODEL).parent.mkdir(parents=True, exist_ok=True)
    model.save(folder / KERAS_MODEL)
    return folder


def ask(change, batch, label):
    given = {name: tf.constant(values) for name, values in batch.items()}
    return change((given, tf.constant(label), tf.constant([[2.0]])), SEED)


def test_the_teacher_is_asked_by_its_own_ids(tmp_path):
    """It knows red and blue, and here there is green before them."""
    teacher, folder = model_of(OLD), tmp_path / "3"
    write_vocabularies(folder, OLD)
    export(teacher, folder)
    change = teach(folder, write_vocabularies(tmp_path / "now", NEW), columns_of(NEW), LABELS["binary"])
    for colour in (*NEW, "another"):
        seen, label, weight = ask(change, rows(NEW, colour), [[1]])
        theirs = teacher(rows(OLD, colour)).numpy()  # green is one of all others there
        np.testing.assert_allclose(label, np.hstack([[[1.0]], theirs]), rtol=1e-5)
        assert seen["colour.id"].numpy() == rows(NEW, colour)["colour.id"]  # the student's own stays
        assert weight.numpy() == [[2.0]]


def test_a_teacher_of_something_else_is_refused(tmp_path):
    folder = export(model_of(OLD), tmp_path / "3")
    learnt = write_vocabularies(folder, OLD)
    for columns, label, said in (
        (columns_of(OLD)[1:], LABELS["binary"], "it sees amount.number, which is no feature here"),
        (columns_of(OLD), LABELS["multiclass"], "it has 1 answers, and the label here 3"),
    ):
        with pytest.raises(MillraceError, match=said):
            teach(folder, learnt, columns, label)
    (folder / JUDGED / FOLDS).parent.mkdir(parents=True)
    (folder / JUDGED / FOLDS).write_text("{}")
    with pytest.raises(MillraceError, match=r"training.teacher: the teacher has learnt from all rows"):
        teach(folder, learnt, columns_of(OLD), LABELS["binary"])


def soften(logits, temperature):
    powers = np.exp(np.array(logits) / temperature)
    return powers / powers.sum()


def test_the_loss_is_hintons():
    """Of three classes: the label's part at temperature 1, the teacher's at 2 and by 2 squared."""
    own, theirs = [1.0, 0.0, -1.0], [2.0, 1.0, 0.0]
    base, _ = loss(None, "multiclass", 1.0)
    taught = Taught(base, 2.0, 0.75, several=True)
    answer = soften(own, 1)[None].astype("float32")
    label = np.array([[0.0, 1.0, 0.0, *soften(theirs, 1)]], "float32")
    hard, soft = -np.log(soften(own, 1)[1]), -(soften(theirs, 2) * np.log(soften(own, 2))).sum()
    assert float(taught(label, answer)) == pytest.approx(0.25 * hard + 0.75 * 4 * soft, rel=1e-4)
    assert float(taught(np.array([[1]]), answer)) == pytest.approx(hard, rel=1e-4)


def test_the_loss_of_two_classes_is_that_of_their_odds():
    base, _ = loss(None, "binary", 1.0)
    label, answer = np.array([[1.0, 0.8]], "float32"), np.array([[0.5]], "float32")
    soft = -np.log(0.5)  # odds of 1 stay so at any temperature
    assert float(Taught(base, 3.0, 1.0, several=False)(label, answer)) == pytest.approx(9 * soft, rel=1e-4)
    surer = 1 / (1 + np.exp(-np.log(4.0) / 2))  # 0.8 at the temperature 2
    expected = -4 * (surer * np.log(surer) + (1 - surer) * np.log(1 - surer))
    assert float(Taught(base, 2.0, 1.0, several=False)(label, np.array([[0.8]], "float32"))) == pytest.approx(
        expected, rel=1e-4
    )


@pytest.mark.parametrize(("kind", "label"), [("binary", [[1.0]]), ("multiclass", [[0.0, 1.0, 0.0]])])
def test_metrics_are_of_the_label_alone(kind, label):
    answer = np.full_like(label, 0.1 if kind == "binary" else 0.0, "float32")
    answer[0, -1] = 0.2
    for one, other in zip(metrics(("accuracy",), kind, False), metrics(("accuracy",), kind, False), strict=True):
        one.update_state(np.array(label), answer)
        other.update_state(np.hstack([label, answer]), answer)
        assert float(one.result()) == float(other.result()) == 0.0


@pytest.mark.full
def test_a_small_model_learns_more_of_few_labels_with_a_teacher(tmp_path):
    """200 labels of 1,347, a layer of 8, and a teacher that has seen them all; the mean over four seeds."""
    train, asked = digits.draw()
    large, small = (Dnn(family="dnn", hidden_units=units) for units in ((128, 64), (8,)))
    keras.utils.set_random_seed(0)
    teacher = build(large, digits.LABEL, digits.COLUMNS)
    fit(teacher, digits.batch(train, 32), digits.batch(train, 450).take(1), Training(epochs=30), "multiclass")
    assert digits.score(teacher, asked) > 0.96
    folder = export(teacher, tmp_path / "1")
    told = {"teacher": Teacher(pipeline="large"), "distillation": Distillation(temperature=4.0, weight=0.9)}
    reached = {}
    for name, how in (("alone", {}), ("taught", told)):
        scores = []
        for seed in range(4):
            few, _ = digits.draw(seed, 200)
            keras.utils.set_random_seed(seed)
            model = build(small, digits.LABEL, digits.COLUMNS)
            feed = Feed.of(digits.batch(few, 20).cache())
            if how:
                feed = feed.change(teach(folder, NOTHING, digits.COLUMNS, digits.LABEL), seed)
            training = Training(epochs=150, optimizer=Optimizer(learning_rate=1e-2), **how)
            fit(model, feed, digits.batch(few, 200), training, "multiclass")
            scores.append(digits.score(model, asked))
        reached[name] = np.mean(scores)
    assert reached["taught"] >= 0.935 > reached["alone"]
