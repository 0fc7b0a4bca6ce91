"""Several models answer as one: each row by the one that has not seen it."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components.load_check import LOADERS, make_requests
from configs.schema.evaluation import ORIGIN
from configs.schema.models import BoostedTrees
from configs.schema.training import EarlyStopping, Training
from tests.trainer.conftest import LABELS
from tests.trainer.export.test_saved_model import learn
from tests.trainer.rows import FEATURES, TRAINING, as_example, parse
from tests.trainer.test_run_fn import Held
from trainer.export.out_of_fold import FromOrigin, OutOfFold
from trainer.export.saved_model import export
from trainer.export.signatures import FOLDS, RAW, SERVING
from trainer.features.identity import ROW
from trainer.features.learnt import Learnt
from trainer.features.preprocessing import Preprocessing
from trainer.run_fn import train_parts
from trainer.settings import Settings

COUNT = 120
NOISE = np.random.default_rng(4).integers(0, 2, (COUNT, 1))


class Says:
    """A model that always says the same."""

    def __init__(self, name, answer):
        self.input, self.answer = {name: None}, answer

    def __call__(self, columns, training):
        assert list(columns) == list(self.input)
        return tf.fill([len(columns[ROW]) if ROW in columns else len(columns["a"]), 1], self.answer)


def test_a_row_is_answered_by_the_model_of_its_fold_and_a_new_one_by_any():
    rows, folds = np.array([50, 10, 30, 10, -20]), np.array([2, 0, 1, 0, 1])
    judge = OutOfFold([Says("a", answer) for answer in (0.0, 1.0, 2.0)], rows, folds)
    assert list(judge.input) == [ROW, "a"]
    asked = np.array([10, -20, 30, 50, 51, 0, 2**62, -(2**62)])[:, None]
    found = judge({ROW: tf.constant(asked), "a": tf.constant(asked), "more": tf.constant(asked)}).numpy()
    assert found.shape == (8, 1)
    assert found[:4, 0].tolist() == [0.0, 1.0, 1.0, 2.0]
    assert set(found[4:, 0]) <= {0.0, 1.0, 2.0}


def test_a_row_is_answered_by_the_model_of_its_origin_and_a_new_one_by_the_first():
    judge = FromOrigin([Says("a", answer) for answer in (0.0, 1.0, 2.0)])
    assert list(judge.input) == [ORIGIN, "a"]
    origins = np.array([3, 1, 2, 0, -1])[:, None]
    asked = {ORIGIN: tf.constant(origins), "a": tf.constant(origins)}
    assert judge(asked).numpy()[:, 0].tolist() == [2.0, 0.0, 1.0, 0.0, 0.0]
    assert judge({"a": asked["a"]}).numpy()[:, 0].tolist() == [0.0] * 5


@pytest.mark.slow
@pytest.mark.parametrize("stopping", [None, pytest.param(EarlyStopping(patience=5), marks=pytest.mark.full)])
def test_noise_that_models_learn_by_heart_is_chance_to_the_model_that_judges(stopping, tmp_path):
    """From the rows as they came to the answers of what was exported, as the Evaluator asks it."""
    options = BoostedTrees(family="boosted_trees", max_iter=16, min_samples_leaf=1, learning_rate=0.9)
    settings = Settings(
        features={name: FEATURES[name] for name in ("scaled", "the/colour", "member")},
        label=LABELS["binary"],
        model=options,
        training=Training(early_stopping=stopping, metrics=()),
        folds=3,
    )
    given, graph, folder = {"checkpoint": "state.npz", "tensorboard": ""}, str(tmp_path / "graph"), tmp_path / "model"
    learn(settings, graph)
    rows = [{**TRAINING[place % 4], "scaled": [place / 7]} for place in range(COUNT)]
    learnt = Learnt.read(graph)
    made = {name: tensor.numpy() for name, tensor in Preprocessing(settings, learnt)(parse(rows)).items()}
    made.pop(settings.label.name)
    judge, histories, facts = train_parts(settings, given, learnt, Held(made, NOISE), COUNT)
    assert len(histories) == facts["folds"] == 3
    if stopping is None:
        learnt_by_heart = np.mean([history["loss"][-1] for history in histories])
        assert learnt_by_heart < 0.01
    export(judge, graph, settings, str(folder))
    assert json.loads(Path(folder, FOLDS).read_text()) == {"folds": 3}
    examples = [as_example(row) for row in rows]
    requests = make_requests(graph, settings, examples)
    for answer in LOADERS.values():
        answers, _ = answer(str(folder), requests)
        for signature in (SERVING, RAW):
            right = (answers[signature]["prediction"] > 0.5) == NOISE
            assert 0.35 < right.mean() < 0.65
