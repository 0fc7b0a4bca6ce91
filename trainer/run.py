"""The thin adapter between TFX's Trainer and plain Keras."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow_transform as tft
from tfx.components.trainer.fn_args_utils import FnArgs

from trainer.checkpoints import Checkpoint
from trainer.data import Rows, choose_batch
from trainer.devices import computing
from trainer.export import KERAS_MODEL, export
from trainer.features import columns
from trainer.fit import fit
from trainer.models import build
from trainer.models.custom import keep
from trainer.settings import Settings
from trainer.warm_start import warm_start

HISTORY = "history.json"
FACTS = "facts.json"
LINEAGE = "lineage.json"


def run_fn(fn_args: FnArgs) -> None:
    """Trains the model that the settings in `custom_config` describe, and exports it.

    `checkpoint` and `tensorboard` there are where the training keeps its state and its logs, `base` is the folder of
    the version to begin with, if any, and `origin` says what the model is trained from.
    """
    given = fn_args.custom_config
    settings = Settings.model_validate_json(given["settings"])
    training, label, weight = settings.training, settings.label, settings.weight
    tft_output = tft.TFTransformOutput(fn_args.transform_graph_path)
    spec = tft_output.transformed_feature_spec()
    train, evaluation = (
        Rows(files, spec, label.name, weight, training) for files in (fn_args.train_files, fn_args.eval_files)
    )
    if training.class_weights:
        train.weigh(training.class_weights, label.values)
    checkpoint = Checkpoint(Path(given["checkpoint"]), training.checkpoint_every)
    size = choose_batch(training, train.count)
    with computing(training) as devices:
        keras.utils.set_random_seed(training.seed)
        model = build(settings, columns(settings.features, tft_output.vocabulary_size_by_name))
        logging.info("%s has %d parameters; on %s", settings.model.family, model.count_params(), devices)
        if given.get("base"):
            warm_start(model, Path(given["base"]), tft_output)
        board = keras.callbacks.TensorBoard(given["tensorboard"], write_graph=False)
        rows = train.feed(size), evaluation.batches(size)
        history = fit(model, *rows, training, label.kind, checkpoint, [board])
    export(model, tft_output, [name for name in (label.name, weight) if name], fn_args.serving_model_dir)
    keep(settings.model, fn_args.serving_model_dir)
    base = Path(given["base"]).name if given.get("base") else None
    facts = {"devices": devices, "batch_size": size, "parameters": model.count_params()}
    put(Path(fn_args.model_run_dir, HISTORY), history)
    put(Path(fn_args.model_run_dir, FACTS), facts | {"begun": checkpoint.begun, "base": base})
    put(
        Path(fn_args.serving_model_dir, Path(KERAS_MODEL).parent, LINEAGE),
        {"origin": given["origin"], "base_digest": given.get("base_digest", "")},
    )


def put(path: Path, data: Mapping[str, Any]) -> None:
    """Writes a file of JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))
