"""The optimizers and the schedules of their rates, each once."""

from collections.abc import Callable
from typing import Any, TypeAlias

import keras

from configs.schema.training import PARAMETERS, Constant, Cosine, Exponential, Optimizer, Plateau

Rate: TypeAlias = float | keras.optimizers.schedules.LearningRateSchedule
OPTIMIZERS: dict[str, tuple[type[keras.optimizers.Optimizer], dict[str, Any]]] = {
    "sgd": (keras.optimizers.SGD, {}),
    "momentum": (keras.optimizers.SGD, {"momentum": 0.9}),
    "nesterov": (keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (keras.optimizers.Adagrad, {}),
    "rmsprop": (keras.optimizers.RMSprop, {}),
    "adam": (keras.optimizers.Adam, {}),
    "adamw": (keras.optimizers.AdamW, {}),
}


def optimizer(options: Optimizer, epoch_steps: int, steps: int) -> keras.optimizers.Optimizer:
    """Returns the Keras optimizer that the config names; an epoch has `epoch_steps`, the whole training `steps`."""
    kind, defaults = OPTIMIZERS[options.name]
    given = {name: getattr(options, name) for name in PARAMETERS[options.name]}
    return kind(
        learning_rate=SCHEDULES[options.schedule.kind](options.schedule, options.learning_rate, epoch_steps, steps),
        global_clipnorm=options.clip_norm,
        clipvalue=options.clip_value,
        **defaults | {name: value for name, value in given.items() if value is not None},
    )


def plateau(options: Optimizer) -> list[keras.callbacks.Callback]:
    """Returns what lowers the rate where it waits for a plateau; nothing where it does not."""
    if not isinstance(options.schedule, Plateau):
        return []
    chosen = options.schedule
    floor = chosen.floor * options.learning_rate
    return [keras.callbacks.ReduceLROnPlateau(factor=chosen.factor, patience=chosen.patience, min_lr=floor)]


def _fixed(schedule: Constant | Plateau, rate: float, epoch_steps: int, steps: int) -> Rate:
    return rate


def _exponential(schedule: Exponential, rate: float, epoch_steps: int, steps: int) -> Rate:
    return keras.optimizers.schedules.ExponentialDecay(rate, schedule.epochs * epoch_steps, schedule.factor)


def _cosine(schedule: Cosine, rate: float, epoch_steps: int, steps: int) -> Rate:
    rising = round(schedule.warm_up * steps)
    falling = max(1, steps - rising)
    if not rising:
        return keras.optimizers.schedules.CosineDecay(rate, falling, schedule.floor)
    return keras.optimizers.schedules.CosineDecay(0.0, falling, schedule.floor, warmup_target=rate, warmup_steps=rising)


SCHEDULES: dict[str, Callable[..., Rate]] = {
    "constant": _fixed,
    "plateau": _fixed,
    "exponential": _exponential,
    "cosine": _cosine,
}
