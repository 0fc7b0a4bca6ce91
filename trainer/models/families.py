"""The model families by name, and the model of the one that the settings name."""

from collections.abc import Sequence
from importlib import import_module

import keras

from trainer.features.transforms import Column
from trainer.models.regularization import penalise
from trainer.settings import Settings

FAMILIES = {
    "linear": "trainer.models.linear:build",
    "dnn": "trainer.models.dnn:build",
    "wide_deep": "trainer.models.wide_deep:build",
    "cnn": "trainer.models.cnn:build",
    "rnn": "trainer.models.rnn:build",
    "attention": "trainer.models.attention:build",
    "fused": "trainer.models.fused:build",
    "autoregression": "trainer.models.autoregression:build",
    "boosted_trees": "trainer.models.boosted_trees:build",
    "custom": "trainer.models.custom:build",
}


def build(settings: Settings, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model of the family that the settings name: a dict of columns in."""
    module, function = FAMILIES[settings.model.family].split(":")
    model = getattr(import_module(module), function)(settings.model, settings.label, columns)
    penalise(model, settings.model.l1, settings.model.l2)
    return model
