"""The thin adapter between TFX's Trainer and plain Keras."""

import json
import logging
from pathlib import Path

import keras
import tensorflow_transform as tft
from tfx.components.trainer.fn_args_utils import FnArgs

from trainer.data import Rows, choose_batch
from trainer.devices import computing
from trainer.export import export
from trainer.features import columns
from trainer.fit import fit
from trainer.models import build
from trainer.settings import Settings

HISTORY = "history.json"


def run_fn(fn_args: FnArgs) -> None:
    """Trains the model that the settings in `custom_config` describe, and exports it."""
    settings = Settings.model_validate_json(fn_args.custom_config["settings"])
    training, label = settings.training, settings.label
    tft_output = tft.TFTransformOutput(fn_args.transform_graph_path)
    spec = tft_output.transformed_feature_spec()
    rows = {"spec": spec, "label": label.name, "weight": settings.weight, "training": training}
    train, evaluation = Rows(fn_args.train_files, **rows), Rows(fn_args.eval_files, **rows)
    if training.class_weights:
        train.weigh(training.class_weights, label.values)
    with computing(training) as devices:
        keras.utils.set_random_seed(training.seed)
        model = build(settings, columns(settings.features, tft_output.vocabulary_size_by_name))
        logging.info("%s has %d parameters; on %s", settings.model.family, model.count_params(), devices)
        size = choose_batch(training, train.count)
        history = fit(model, train.feed(size), evaluation.batches(size), training, label.kind)
    unserved = [name for name in (label.name, settings.weight) if name]
    export(model, tft_output, unserved, fn_args.serving_model_dir)
    Path(fn_args.model_run_dir).mkdir(parents=True, exist_ok=True)
    Path(fn_args.model_run_dir, HISTORY).write_text(json.dumps(history))
