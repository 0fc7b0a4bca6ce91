"""The thin adapter between TFX's Tuner and plain Keras: a trial is what the Trainer would do with its values."""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.oracle import Oracle
from keras_tuner.engine.trial import Trial
from keras_tuner.oracles import BayesianOptimizationOracle, HyperbandOracle, RandomSearchOracle
from pydantic import ValidationError
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.components.tuner.component import TunerFnResult

from configs.errors import MillraceError
from configs.progress import PROGRESS, introduced
from configs.quantities import count
from configs.schema.tuning import Space, Tuning
from trainer.features.learnt import Learnt
from trainer.labels import HEADS
from trainer.run_fn import read_splits, train_model, write_json
from trainer.settings import Settings, read_values
from trainer.training.dataset import Rows, choose_batch
from trainer.training.distribution import computing

FACTOR = 3
SIZE = "parameters"  # what is told of a model's size
LOW = ("loss", "rmse", "mae")  # objectives of which less is better
ORACLES: dict[str, Callable[[Tuning, int, Mapping[str, Any]], Oracle]] = {
    "random": lambda tuning, epochs, shared: RandomSearchOracle(max_trials=tuning.total, **shared),
    "bayesian": lambda tuning, epochs, shared: BayesianOptimizationOracle(max_trials=tuning.total, **shared),
    "hyperband": lambda tuning, epochs, shared: HyperbandOracle(
        max_epochs=epochs, factor=tuning.factor or FACTOR, **shared
    ),
}


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    """Returns the search that `custom_config` describes, over trainings of the Trainer's own settings.

    `place` there is where the search keeps its state, `tensorboard` where its trials keep their logs, and `trials`
    the file that is to describe them.
    """
    given = fn_args.custom_config
    settings = Settings.model_validate_json(given["settings"])
    tuning = Tuning.model_validate_json(given["tuning"])
    learnt = Learnt.read(fn_args.transform_graph_path)
    return TunerFnResult(Search(tuning, settings, given, learnt, read_splits(fn_args, settings)), fit_kwargs={})


class Search(BaseTuner):
    """Trains a model for each trial, and scores it by the objective as it would be exported.

    A search whose process was killed goes on: with the trials that have ended, and amid the one that had not.
    """

    def __init__(
        self,
        tuning: Tuning,
        settings: Settings,
        given: Mapping[str, Any],
        learnt: Learnt,
        splits: tuple[Rows, Rows],
    ) -> None:
        self.given, self.learnt, self.splits = given, learnt, splits
        usual = () if settings.label.quantiles else HEADS[settings.label.kind].metrics
        metrics = settings.training.metrics or usual
        self.metric: str = tuning.objective or (metrics[0] if metrics else "loss")
        told = [*metrics, *({self.metric} - {"loss", *metrics})]
        self.settings = settings.replace({"training.metrics": told})
        super().__init__(choose(tuning, self.settings, self.metric), directory=given["place"], project_name="search")
        self.oracle.verbose = 0

    def run_trial(self, trial: Trial) -> dict[str, float]:
        """Trains with the values of the trial; one that cannot be trained is told of, and the search goes on."""
        values = trial.hyperparameters.values
        budget = {"training.epochs": values["tuner/epochs"]} if "tuner/epochs" in values else {}
        try:
            with introduced(self._introduce(trial)):
                return self.train(trial.trial_id, read_values({"values": values}) | budget)
        except ValidationError as error:
            raise keras_tuner.errors.FailedTrialError(error.errors()[0]["msg"]) from error
        except MillraceError as error:
            raise keras_tuner.errors.FailedTrialError(error.what.splitlines()[0]) from error
        except Exception as error:
            raise keras_tuner.errors.FatalError(str(error)) from error  # our mistake, or a full disk: no more trials

    def train(self, name: str, values: Mapping[str, Any]) -> dict[str, float]:
        """Returns the objective of a model trained with these values, after the epoch whose weights it keeps; its size.

        That is the number of its parameters.
        """
        settings = self.settings.replace(values)
        training, (train, evaluation) = settings.training, self.splits
        train = copy.copy(train)
        if training.class_weights:
            train.weigh(training.class_weights, settings.label.values)
        given = {
            "checkpoint": str(Path(self.given["place"], name, "state.npz")),
            "tensorboard": str(Path(self.given["tensorboard"], f"trial-{name}")),
        }
        keras.utils.clear_session()
        with computing(training.model_copy(update={"workers": 1})):  # a trial is this process's alone
            size = choose_batch(training, train.count)
            _, history, facts = train_model(settings, given, self.learnt, (train, evaluation), size)
        kept = int(np.argmin(history["val_loss"])) if training.early_stopping else -1
        return {self.metric: history[f"val_{self.metric}"][kept], SIZE: facts[SIZE]}

    def on_trial_end(self, trial: Trial) -> None:
        """Keeps the trial, and tells of it."""
        if trial.message:  # a traceback, whose last line says what failed
            trial.message = trial.message.strip().splitlines()[-1].partition("Error: ")[2]
        super().on_trial_end(trial)
        ended = self.oracle.get_trial(trial.trial_id)
        score = "failed" if ended.score is None else f"{self.metric} {ended.score:.4f}"
        PROGRESS.info("%s: %s", self._name(trial), score)

    def on_search_end(self) -> None:
        """Writes what became of the trials; raises MillraceError where all have failed."""
        trials = [describe(self.oracle.get_trial(name)) for name in self.oracle.start_order]
        self.oracle.max_trials = self.oracle.max_trials or len(trials)  # hyperband sets none, and TFX asks for so many
        best = self.oracle.get_best_trials()
        if not best or best[0].score is None:
            reason = trials[0]["reason"] if trials else "there was none"
            what = f"None of {count(len(trials), 'trial')} could be trained; of the first: {reason}"
            raise MillraceError(what, "Tuner", "Change tuning.space, or what it leaves as it is.")
        front = find_front(trials, self.metric in LOW)
        found = {"objective": self.metric, "best": best[0].trial_id, "front": front, "trials": trials}
        write_json(Path(self.given["trials"]), found)

    def _introduce(self, trial: Trial) -> str:
        best = next((each.score for each in self.oracle.get_best_trials() if each.score is not None), None)
        return self._name(trial) + ("" if best is None else f" (best {self.metric} {best:.4f})")

    def _name(self, trial: Trial) -> str:
        number = self.oracle.start_order.index(trial.trial_id) + 1
        return f"trial {number} of {self.oracle.max_trials}" if self.oracle.max_trials else f"trial {number}"


def choose(tuning: Tuning, settings: Settings, metric: str) -> Oracle:
    """Returns what proposes the values of each trial."""
    shared = {
        "objective": keras_tuner.Objective(metric, "min" if metric in LOW else "max"),
        "hyperparameters": declare(tuning.space, settings),
        "seed": settings.training.seed or 2**31,  # 0 would be none
        "max_consecutive_failed_trials": 2**31,
    }
    return ORACLES[tuning.search](tuning, settings.training.epochs, shared)


def declare(spaces: Mapping[str, Space], settings: Settings) -> keras_tuner.HyperParameters:
    """Returns the keys that are searched as KerasTuner knows them: numbers as they are, all other choices as JSON."""
    found = keras_tuner.HyperParameters()
    for key, space in spaces.items():
        if space.choices:
            found.Choice(key, _alike(space.choices))
        else:
            kind = found.Int if _takes_whole(settings, key, space.min) else found.Float
            kind(key, space.min, space.max, step=space.step, sampling=space.scale)
    return found


def describe(trial: Trial) -> dict[str, Any]:
    """Returns what is to be known of a trial, as plain data; `epochs` where the search has set them."""
    values = trial.hyperparameters.values
    return {
        "trial": trial.trial_id,
        "score": trial.score,
        SIZE: int(trial.metrics.get_best_value(SIZE)) if trial.metrics.exists(SIZE) else None,
        "epochs": values.get("tuner/epochs"),
        "values": read_values({"values": values}),
        "reason": trial.message,
    }


def find_front(trials: Sequence[Mapping[str, Any]], low: bool) -> list[str]:
    """Returns the trials, from the smallest model on, each of which is better than all smaller ones."""
    scored = [trial for trial in trials if trial["score"] is not None]
    cost = {trial["trial"]: trial["score"] if low else -trial["score"] for trial in scored}
    front: list[str] = []
    for trial in sorted(scored, key=lambda trial: (trial[SIZE], cost[trial["trial"]])):
        if not front or cost[trial["trial"]] < cost[front[-1]]:
            front.append(trial["trial"])
    return front


def _alike(choices: tuple[Any, ...]) -> list[Any]:
    """KerasTuner holds choices of one type, and takes numbers to be in order."""
    if {type(value) for value in choices} in ({int}, {float}):
        return list(choices)
    return [json.dumps(value) for value in choices]


def _takes_whole(settings: Settings, key: str, value: float | None) -> bool:
    """Whether the value is a whole number once it has been put at the key."""
    data = settings.replace({key: value}).model_dump()
    return isinstance(reduce(lambda section, name: section[name], key.split("."), data), int)
