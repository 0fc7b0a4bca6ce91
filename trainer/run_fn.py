"""The thin adapter between TFX's Trainer and plain Keras."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf
from tfx.components.trainer.fn_args_utils import FnArgs

from configs.errors import MillraceError
from configs.progress import introduced
from configs.quantities import count
from configs.schema.evaluation import ORIGIN
from configs.schema.models import BoostedTrees
from trainer.export.out_of_fold import FromOrigin, OutOfFold
from trainer.export.saved_model import KERAS_MODEL, export
from trainer.export.signatures import JUDGED, SPENT
from trainer.features.graph import read_spec
from trainer.features.identity import ROW
from trainer.features.learnt import Learnt
from trainer.features.transforms import Column, columns
from trainer.labels import OUTPUT, adapt
from trainer.models.custom import keep
from trainer.models.families import build
from trainer.settings import Settings, read_values
from trainer.training import boosting
from trainer.training.augmentation import augment
from trainer.training.callbacks import Board
from trainer.training.checkpoints import Checkpoint
from trainer.training.dataset import Rows, choose_batch, read, set_seed
from trainer.training.differential_privacy import Ledger, Mechanism
from trainer.training.distribution import computing, in_precision
from trainer.training.federation import Federation
from trainer.training.fit import fit
from trainer.training.folds import divide, list_folds, list_origins
from trainer.training.layers import describe_layers
from trainer.training.regime import Regime
from trainer.training.share import Share
from trainer.training.teacher import teach
from trainer.training.warm_start import warm_start

HISTORY = "history.json"
FACTS = "facts.json"
LINEAGE = "lineage.json"
Judged: TypeAlias = keras.Model | OutOfFold | FromOrigin


def run_fn(fn_args: FnArgs) -> keras.Model:
    """Trains the model that the settings in `custom_config` describe, exports it and returns it.

    `checkpoint` and `tensorboard` there are where the training keeps its state and its logs, `base` is the folder of
    the version to begin with, if any, `teacher` that of one to learn from, and `origin` says what the model is trained
    from. Of workers that share the training, one writes.
    """
    given = fn_args.custom_config
    settings = Settings.model_validate_json(given["settings"])
    tuned = read_values(fn_args.hyperparameters)
    held = {"training.cache": "memory"} if settings.folds or settings.origins else {}
    settings = settings.replace({**tuned, **held})
    with computing(settings.training) as devices:
        model, judged, histories, facts = train(fn_args, settings, given)
        leads = Share.here().leads
    if not leads:
        return model
    if judged is not model:
        export(judged, fn_args.transform_graph_path, settings, str(Path(fn_args.serving_model_dir, JUDGED)))
    export(model, fn_args.transform_graph_path, settings, fn_args.serving_model_dir)
    keep(settings.model, fn_args.serving_model_dir)
    lineage = {"origin": given["origin"], "base_digest": given.get("base_digest", "")}
    write_json(Path(fn_args.serving_model_dir, KERAS_MODEL).with_name(LINEAGE), lineage)
    if spent := facts.get("privacy"):
        write_json(Path(fn_args.serving_model_dir, SPENT), spent)
    write_json(Path(fn_args.model_run_dir, HISTORY), average(histories))
    unit = "iteration" if isinstance(settings.model, BoostedTrees) else "epoch"
    facts |= {"devices": devices, "tuned": tuned, "unit": unit, "layers": describe_layers(model)}
    write_json(Path(fn_args.model_run_dir, FACTS), facts)
    return model


def train(
    fn_args: FnArgs, settings: Settings, given: Mapping[str, Any]
) -> tuple[keras.Model, Judged, list[dict[str, list[float]]], dict[str, Any]]:
    """Returns the model that is served, and what is judged, itself or another, with its histories and facts.

    A model of all rows is served where others judge it, which are trained first. Nothing is exported here: that makes
    variables, and within a strategy's scope workers make them together.
    """
    learnt, files = Learnt.read(fn_args.transform_graph_path), [*fn_args.train_files, *fn_args.eval_files]
    train, evaluation = read_splits(fn_args, settings)
    size = choose_batch(settings.training, train.whole) // train.share.workers
    judged: Judged
    if settings.folds or settings.origins:
        judged, histories, facts = train_parts(settings, given, learnt, read_rows(files, fn_args, settings), size)
    else:
        weigh(train, settings)
        judged, history, facts = train_model(settings, given, learnt, (train, evaluation), size)
        histories = [history]
        if not settings.training.refit:
            return judged, judged, histories, facts | {"refit": 0}
    rows = read_rows(files, fn_args, settings)
    weigh(rows, settings)
    model = refit(settings, given, learnt, (rows, evaluation), size, histories)
    return model, judged, histories, facts | {"refit": rows.whole}


def read_splits(fn_args: FnArgs, settings: Settings) -> tuple[Rows, Rows]:
    """Returns the rows to train on, and those to look at after each epoch; test files may come after these."""
    return read_rows(fn_args.train_files, fn_args, settings), read_rows(fn_args.eval_files[:1], fn_args, settings)


def read_rows(files: Sequence[str], fn_args: FnArgs, settings: Settings) -> Rows:
    """Returns the rows of files as Transform made them."""
    spec = read_spec(fn_args.transform_graph_path)
    return Rows(files, spec, settings.label.name, settings.weight, settings.training, Share.here())


def weigh(rows: Rows, settings: Settings) -> None:
    """Makes rows count by their class, where the settings say so."""
    if settings.training.class_weights:
        rows.weigh(settings.training.class_weights, settings.label.values)


def train_model(
    settings: Settings,
    given: Mapping[str, Any],
    learnt: Learnt,
    splits: tuple[Rows, Rows],
    size: int,
) -> tuple[keras.Model, dict[str, list[float]], dict[str, Any]]:
    """Returns a trained model, its history, and what else is to be known of its training."""
    if isinstance(settings.model, BoostedTrees):
        model, history = boosting.fit(
            settings.model, settings.training, settings.label, columns(settings.features, learnt.sizes), splits
        )
        return model, history, {"parameters": model.count_params(), "begun": 0, "base": None}
    return train_network(settings, given, learnt, splits, size)


def train_parts(
    settings: Settings, given: Mapping[str, Any], learnt: Learnt, rows: Rows, size: int
) -> tuple[OutOfFold | FromOrigin, list[dict[str, list[float]]], dict[str, Any]]:
    """Returns what answers each row by a model that was not trained on it, each model's history, and the first's facts.

    That is a model for each fold, or for each origin.
    """
    examples = read(rows)
    if settings.origins:
        name, parts = "origin", list_origins(examples.columns[ORIGIN].ravel())
    else:
        known = examples.columns[ROW].ravel()
        folds = divide(known, examples.label, settings.label.kind, settings.folds or 0)
        name, parts = "fold", list_folds(folds)
    trained = []
    for number, part in enumerate(parts, 1):
        chosen, watched = part.choose(settings.training.watches)
        train = rows.take(chosen)
        weigh(train, settings)
        with introduced(f"{name} {number} of {len(parts)}"):
            own = set_apart(given, f"{name}-{number}")
            trained.append(train_model(settings, own, learnt, (train, rows.take(watched)), size))
    models, histories, facts = zip(*trained, strict=True)
    judge = FromOrigin(models) if settings.origins else OutOfFold(models, known, folds)
    return judge, list(histories), facts[0] | {f"{name}s": len(parts)}


def refit(
    settings: Settings,
    given: Mapping[str, Any],
    learnt: Learnt,
    splits: tuple[Rows, Rows],
    size: int,
    histories: Sequence[Mapping[str, Sequence[float]]],
) -> keras.Model:
    """Returns a model that is trained anew as others were, for as many epochs as made these best: their median."""
    if settings.training.early_stopping:
        best = round(float(np.median([np.argmin(history["val_loss"]) + 1 for history in histories])))
        times = "model.max_iter" if isinstance(settings.model, BoostedTrees) else "training.epochs"
        settings = settings.replace({"training.early_stopping": None, "training.steps": None, times: best})
    return train_model(settings, set_apart(given, "refit"), learnt, splits, size)[0]


def set_apart(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Returns what a training is given that is one of several, with places of its own."""
    place, logs = Path(given["checkpoint"]), Path(given["tensorboard"])
    return {**given, "checkpoint": str(place.with_stem(name)), "tensorboard": str(logs / name)}


def average(histories: Sequence[Mapping[str, Sequence[float]]]) -> dict[str, list[float]]:
    """Returns the mean of the figures of each epoch, as far as all have come."""
    shortest = min(len(history["loss"]) for history in histories)
    return {
        name: np.mean([history[name][:shortest] for history in histories], axis=0).tolist() for name in histories[0]
    }


def train_network(
    settings: Settings,
    given: Mapping[str, Any],
    learnt: Learnt,
    splits: tuple[Rows, Rows],
    size: int,
) -> tuple[keras.Model, dict[str, list[float]], dict[str, Any]]:
    """Returns the same of a model that is trained by gradients, in batches.

    Where a batch of this size is too large for the memory of the device and its size is `auto`, half of it is tried.
    """
    (train, evaluation), base, share = splits, given.get("base"), Share.here()
    regime = choose_regime(settings, train, size)
    feed = regime.feed(train, size)
    training = regime.suit(settings.training, feed.steps)
    checkpoint = Checkpoint(Path(given["checkpoint"]), training.checkpoint_every, share.leads)
    set_seed(training.seed)
    seen = columns(settings.features, learnt.sizes)
    model = build(settings, seen)
    logging.info("%s has %d parameters", settings.model.family, model.count_params())
    if base:
        warm_start(model, Path(base), learnt, seen)
    boards, started = [Board(given["tensorboard"])] if share.leads else [], time.monotonic()
    if settings.model.augment:
        feed = feed.change(augment(settings.model.augment, seen, settings.label), training.seed + share.number)
    if teacher := given.get("teacher"):
        feed = feed.change(teach(Path(teacher), learnt, seen, settings.label), training.seed)
    try:
        watched, batches = [regime, *boards], evaluation.batches(size)
        history = fit(model, feed, batches, training, settings.label.kind, checkpoint, watched, regime.wrap)
    except tf.errors.ResourceExhaustedError as error:
        if training.batch_size == "auto" and size > 1 and share.workers == 1:
            return train_network(settings, given, learnt, splits, size // 2)
        what = f"A batch of {count(size, 'row')} does not fit into the memory of the device."
        raise MillraceError(what, "Trainer", "Lower training.batch_size, or set it to auto.") from error
    if training.precision != "float32":
        model = widen(model, settings, seen)
    facts = {"batch_size": size * share.workers, "parameters": model.count_params(), "begun": checkpoint.begun}
    facts |= {"steps": feed.steps, "seconds": time.monotonic() - started} | regime.tell()
    return model, history, facts | {"base": Path(base).name if base else None, "teacher": given.get("teaches")}


def choose_regime(settings: Settings, train: Rows, size: int) -> Regime:
    """Returns how the rows reach the training: as usual, so that little is told of any, or each client's by itself."""
    if settings.budget:
        steps = settings.training.steps or settings.training.epochs * ceil(train.count / size)
        return Ledger(Mechanism.plan(settings.budget, train.count, size, steps))
    if settings.training.federated:
        return Federation(settings.training.federated, settings.training.seed)
    return Regime()


def widen(model: keras.Model, settings: Settings, seen: Sequence[Column]) -> keras.Model:
    """Returns a model that computes in float32 what one of half precision has learnt: it serves alike everywhere."""
    with in_precision("float32"):
        whole = build(settings, seen)
    whole.set_weights(model.get_weights())
    if settings.label.kind == "regression":
        answer = model.get_layer(OUTPUT)
        adapt(whole, answer.offset, answer.scale)
    return whole


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Writes a file of JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))
