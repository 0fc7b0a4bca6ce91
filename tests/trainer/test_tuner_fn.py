"""A search over trainings of a model of two weights: which learning rate gets it there in a few epochs?"""

import json
import logging

import keras_tuner
import pytest
from tfx.components.tuner.executor import write_best_hyperparameters
from tfx.types.standard_artifacts import HyperParameters, TunerResults

from configs.errors import MillraceError
from configs.schema.features import Numeric
from configs.schema.models import Linear
from configs.schema.training import Optimizer, Training
from configs.schema.tuning import Space, Tuning
from tests.trainer.conftest import LABELS
from tests.trainer.test_run_fn import Split
from trainer.features.learnt import Learnt
from trainer.run_fn import train_model
from trainer.settings import Settings, read_values
from trainer.tuner_fn import ORACLES, Search, declare, find_front

RATE = "training.optimizer.learning_rate"
RATES = {RATE: Space(min=1e-3, max=1.0, scale="log")}
VOCABULARIES = Learnt({}, {}, {})
SETTINGS = Settings(
    features={"a": Numeric(kind="numeric")},
    label=LABELS["binary"],
    model=Linear(family="linear"),
    training=Training(batch_size=20, epochs=4, optimizer=Optimizer(learning_rate=1e-2)),
)


@pytest.fixture
def search(tmp_path):
    """What makes a search, and what tells of its trials once it has ended."""
    given = {name: str(tmp_path / name) for name in ("place", "tensorboard", "trials")}

    def make(settings=SETTINGS, kind=Search, **tuning):
        return kind(Tuning(**{"space": RATES} | tuning), settings, given, VOCABULARIES, (Split(), Split()))

    make.read = lambda: json.loads((tmp_path / "trials").read_text())
    make.folder = tmp_path
    return make


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "count"),
    [
        pytest.param({"search": "random", "trials": 5}, 5, id="random", marks=pytest.mark.full),
        pytest.param({"trials": 5}, 5, id="bayesian"),
        pytest.param({"search": "hyperband", "factor": 2}, 15, id="hyperband", marks=pytest.mark.full),
    ],
)
def test_the_best_trial_is_that_of_the_best_score(search, options, count):
    made = search(objective="loss", **options)
    made.search()
    found = search.read()
    scores = {trial["trial"]: trial["score"] for trial in found["trials"]}
    assert found["objective"] == "loss"
    assert scores[found["best"]] == min(scores.values())
    assert max(scores.values()) > min(scores.values()) + 0.01
    assert len(scores) == count
    assert {trial["parameters"] for trial in found["trials"]} == {1 + 1}  # a weight and a bias
    assert found["front"] == [found["best"]]  # all are of one size
    values = [trial["values"] for trial in found["trials"]]
    assert all(value.keys() == {RATE} and 1e-3 <= value[RATE] <= 1 for value in values)
    best = next(value for trial, value in zip(scores, values, strict=True) if trial == found["best"])
    assert read_values(made.get_best_hyperparameters()[0].get_config()) == best
    assert {trial["epochs"] for trial in found["trials"]} == ({1, 2, 4} if "factor" in options else {None})
    assert len(list(search.folder.glob("tensorboard/trial-*/train/events*"))) == count


class Untrained(Search):
    """A search whose trials tell of a loss that the learning rate alone decides."""

    def train(self, name, values):
        return {"loss": abs(values[RATE] - 0.1), "parameters": 2}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ORACLES)
def test_tfx_writes_down_what_each_search_found(search, kind):
    made = search(kind=Untrained, objective="loss", search=kind, trials=None if kind == "hyperband" else 5)
    made.search()
    found = {}
    for name, made_of in (("best_hyperparameters", HyperParameters), ("tuner_results", TunerResults)):
        found[name] = made_of()
        found[name].uri = str(search.folder / name)
    write_best_hyperparameters(made, {name: [artifact] for name, artifact in found.items()})
    [path] = (search.folder / "tuner_results").iterdir()
    written = {trial["trial_id"]: trial["score"] for trial in json.loads(path.read_text())}
    assert written == {trial["trial"]: trial["score"] for trial in search.read()["trials"]}
    assert len(written) > 3


@pytest.mark.slow
@pytest.mark.parametrize("stopping", [None, {"patience": 0}])
def test_a_score_is_that_of_the_model_which_the_trainer_makes(search, stopping):
    settings = SETTINGS.replace({"training.early_stopping": stopping, RATE: 30.0})
    space = {"training.batch_size": Space(min=20, max=60, step=20)}
    made = search(settings, trials=2, space=space, objective="loss")
    made.search()
    folder = search.folder / "again"
    for trial in search.read()["trials"]:
        given = {"checkpoint": str(folder / trial["trial"]), "tensorboard": str(folder)}
        size = trial["values"]["training.batch_size"]
        assert type(size) is int
        model, history, _ = train_model(settings, given, VOCABULARIES, (Split(), Split()), size)
        assert trial["score"] in history["val_loss"]
        kept = model.evaluate(Split().batches(100), verbose=0, return_dict=True)["loss"]
        assert trial["score"] == pytest.approx(kept, rel=1e-4)


@pytest.mark.slow
def test_a_trial_that_diverges_is_told_of_and_the_search_goes_on(search, caplog):
    made = search(search="random", trials=2, space={"model.l2": Space(choices=(0.0, 1e38))})
    with caplog.at_level(logging.INFO, "millrace.progress"):
        made.search()
    found = search.read()
    failed = {trial["values"]["model.l2"]: trial["reason"] for trial in found["trials"]}
    assert failed[0.0] is None
    assert failed[1e38].startswith("The loss became ")
    assert caplog.messages[0].startswith("trial 1 of 2, epoch ")
    assert any(
        message.startswith("trial 1 of 2: auc ") or message == "trial 1 of 2: failed" for message in caplog.messages
    )


@pytest.mark.slow
def test_a_search_without_a_trial_that_can_be_trained_fails(search):
    with pytest.raises(MillraceError, match="None of 2 trials could be trained; of the first: The loss became "):
        search(trials=2, space={"model.l2": Space(choices=(2e38, 1e38))}).search()


def test_a_mistake_of_ours_is_not_taken_for_a_trial_that_failed(search):
    class Broken(Search):
        def train(self, name, values):
            raise KeyError("no such thing")

    with pytest.raises(keras_tuner.errors.FatalError) as error:
        search(kind=Broken, trials=2).search()
    assert isinstance(error.value.__cause__, KeyError)


@pytest.mark.slow
def test_a_search_that_was_killed_goes_on(search):
    trained = []

    class Killed(Search):
        def train(self, name, values):
            if len(trained) == 2:
                raise KeyboardInterrupt
            trained.append(values[RATE])
            return super().train(name, values)

    whole = search(search="random", trials=3)
    with pytest.raises(KeyboardInterrupt):
        search(kind=Killed, search="random", trials=3).search()
    again = search(search="random", trials=3)
    again.search()
    values = [trial["values"][RATE] for trial in search.read()["trials"]]
    assert values[:2] == trained
    assert len(set(values)) == 3
    assert whole.oracle.max_trials == 3


@pytest.mark.full
def test_depth_and_width_are_searched_and_size_stands_beside_quality(search):
    settings = SETTINGS.replace({"model": {"family": "dnn", "depth": 1, "width": 4, "residual": True}})
    space = {"model.depth": Space(choices=(1, 3)), "model.width": Space(choices=(2, 4))}
    search(settings, search="random", trials=3, space=space, objective="loss").search()
    found = search.read()
    trials = {trial["trial"]: trial for trial in found["trials"]}
    for trial in trials.values():
        depth, width = trial["values"]["model.depth"], trial["values"]["model.width"]
        layers = depth * (2 * width + width * width + width)  # a normalisation, and a dense layer with its bias
        assert trial["parameters"] == 2 * width + layers + 2 * width + width + 1
    sizes, scores = zip(*((trials[each]["parameters"], trials[each]["score"]) for each in found["front"]), strict=True)
    assert list(sizes) == sorted(set(sizes))
    assert list(scores) == sorted(set(scores), reverse=True)
    assert found["front"][-1] == found["best"]


@pytest.mark.parametrize(
    ("low", "front"), [(True, ["small", "middle", "best"]), (False, ["small too", "large", "largest"])]
)
def test_the_front_is_better_with_every_parameter_more(low, front):
    trials = [
        {"trial": name, "score": score, "parameters": size}
        for name, score, size in [
            ("largest", 0.9, 99),
            ("failed", None, None),
            ("middle", 0.4, 20),
            ("large", 0.8, 50),
            ("best", 0.2, 30),
            ("small", 0.5, 10),
            ("small too", 0.6, 10),
            ("no better", 0.4, 25),
        ]
    ]
    assert find_front(trials, low) == front


def test_numbers_are_whole_where_the_key_is_and_choices_of_several_types_are_texts():
    spaces = {
        "training.batch_size": Space(min=8, max=64, scale="log"),
        RATE: Space(min=1, max=2),
        "model.l1": Space(choices=(0.0, 0.5)),
        "training.early_stopping": Space(choices=(None, {"patience": 2})),
    }
    found = declare(spaces, SETTINGS)
    kinds = {hp.name: type(hp).__name__ for hp in found.space}
    assert kinds == {
        "training.batch_size": "Int",
        RATE: "Float",
        "model.l1": "Choice",
        "training.early_stopping": "Choice",
    }
    found.values["training.early_stopping"] = '{"patience": 2}'
    found.values["tuner/epochs"] = 3
    assert read_values(found.get_config()) == {
        "training.batch_size": 8,
        RATE: 1.0,
        "model.l1": 0.0,
        "training.early_stopping": {"patience": 2},
    }
    assert read_values(None) == {}
