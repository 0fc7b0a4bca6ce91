"""Two processes on this machine that learn together, and what one learns alone."""

import json
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from components.training_workers import hear, started
from components.worker_calls import choose_addresses
from configs.schema.label import Label
from configs.schema.models import Dnn
from configs.schema.training import Optimizer, Training
from trainer.features.transforms import Column
from trainer.models.dnn import build
from trainer.training.checkpoints import Checkpoint
from trainer.training.dataset import Rows, set_seed
from trainer.training.distribution import computing
from trainer.training.fit import fit
from trainer.training.share import Share

SPEC = {name: tf.io.FixedLenFeature([1], kind) for name, kind in (("a", tf.float32), ("label", tf.float32))}
CLASSES = {**SPEC, "label": tf.io.FixedLenFeature([1], tf.int64)}
LABEL = Label(name="label", kind="regression")
TRAINED, WATCHED, BATCH = 641, 129, 64  # an odd row is nobody's


def write(file, numbers, labels):
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for number, label in zip(numbers, labels, strict=True):
            exact = isinstance(label, int)
            told = {"int64_list": tf.train.Int64List(value=[label])} if exact else {}
            told = told or {"float_list": tf.train.FloatList(value=[label])}
            features = {
                "a": tf.train.Feature(float_list=tf.train.FloatList(value=[number])),
                "label": tf.train.Feature(**told),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


@pytest.fixture
def folder(tmp_path):
    """Numbers and their curve, far from zero, of which the first rows are larger."""
    random = np.random.default_rng(0)
    for name, count in (("train", TRAINED), ("eval", WATCHED)):
        numbers = np.sort(random.normal(size=count))
        write(tmp_path / f"{name}.gz", numbers, 1000 + 30 * np.abs(numbers))
    write(tmp_path / "classes.gz", np.zeros(TRAINED - 1), [int(number % 4 == 1) for number in range(TRAINED - 1)])
    return tmp_path


def learn(folder: Path, workers: int) -> keras.Model:
    """Trains as a Trainer does, keeps a state, and writes down what was seen."""
    training = Training(
        epochs=6, batch_size=BATCH, workers=workers, optimizer=Optimizer(learning_rate=0.02), checkpoint_every=45
    )
    with computing(training):
        share = Share.here()
        train, watched = (
            Rows([str(folder / f"{name}.gz")], SPEC, "label", None, training, share) for name in ("train", "eval")
        )
        classes = Rows([str(folder / "classes.gz")], CLASSES, "label", None, training, share)
        classes.weigh("balanced", ("0", "1"))
        set_seed(1)
        model = build(Dnn(family="dnn", hidden_units=(8,), batch_norm=True), LABEL, [Column("a")])
        state = Checkpoint(folder / f"state-{workers}.npz", training.checkpoint_every, share.leads)
        history = fit(
            model, train.feed(BATCH // workers), watched.batches(BATCH // workers), training, "regression", state
        )
    told = {"begun": state.begun, "history": history, "factors": classes.factors.numpy().tolist()}
    (folder / f"told-{workers}-{share.number}.json").write_text(json.dumps(told))
    if share.leads:
        model.save(folder / f"model-{workers}.keras")
    return model


def told(folder, workers, number=0):
    return json.loads((folder / f"told-{workers}-{number}.json").read_text())


@pytest.mark.full
def test_two_learn_the_same_and_as_well_as_one_and_go_on_from_what_they_kept(folder):
    learn(folder, 1)
    alone = told(folder, 1)["history"]["val_loss"]
    learnt, seen = set(), []
    for begun in (0, 45):  # amid an epoch
        with started(partial(learn, folder, 2), choose_addresses(2), range(2)) as team:
            learnt |= set(hear(team).values())
        first = told(folder, 2)
        assert first == told(folder, 2, 1)
        assert first["begun"] == begun
        assert first["factors"] == pytest.approx([2 / 3, 2.0])
        seen.append(first["history"])
    assert len(learnt) == 1 and seen[0] == seen[1]  # to the last bit, whether they were cut short or not
    losses = seen[0]["val_loss"]
    assert losses[-1] < 0.2 * losses[0]
    assert losses[-1] == pytest.approx(alone[-1], abs=0.05)
    numbers, labels = read(folder / "eval.gz")
    answers = keras.models.load_model(folder / "model-2.keras")({"a": numbers[:-1]}).numpy()
    spread = np.std(read(folder / "train.gz")[1][:-1])
    assert np.mean((answers - labels[:-1]) ** 2) / spread**2 == pytest.approx(losses[-1], rel=1e-3)


def read(file):
    rows = tf.io.parse_example(list(tf.data.TFRecordDataset(str(file), "GZIP").as_numpy_iterator()), SPEC)
    return rows["a"].numpy(), rows["label"].numpy()
