"""What a training runs on: the devices that were asked for, and the precision that layers compute in."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema.training import Training


@contextmanager
def computing(training: Training) -> Iterator[str]:
    """Makes models that are built and trained within belong to the devices and the precision of the config.

    Gives the devices in words, `2 GPU`.
    """
    strategy, devices = choose(training)
    with strategy.scope(), in_precision(training.precision):
        yield devices


@contextmanager
def in_precision(policy: str) -> Iterator[None]:
    """Makes layers that are built within compute in this precision: float32, mixed_float16 or mixed_bfloat16."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def choose(training: Training) -> tuple[tf.distribute.Strategy, str]:
    """Returns how a step is spread over devices, each of which takes a part of the batch; and the devices in words.

    What `training.workers` share is spread over their CPUs: this process is the one that `TF_CONFIG` says.
    Raises MillraceError, with what is there, when a device that was asked for is not.
    """
    if training.workers > 1:
        return tf.distribute.MultiWorkerMirroredStrategy(), f"1 CPU of each of {training.workers} workers"
    if training.device == "tpu":
        return _connect_tpu(training)
    gpus = tf.config.list_logical_devices("GPU")
    kind = "GPU" if training.device == "gpu" or (training.device == "auto" and gpus) else "CPU"
    there = [device.name for device in tf.config.list_logical_devices(kind)]
    count = training.replicas or (max(1, len(there)) if kind == "GPU" else 1)
    if len(there) < count:
        raise _absence(f"{count} {kind}, of which there are {len(there)}")
    if count > 1:
        _require_single_steps(training, count)
        return tf.distribute.MirroredStrategy(there[:count]), f"{count} {kind}"
    if gpus and kind == "CPU":
        return tf.distribute.OneDeviceStrategy(there[0]), "1 CPU"
    return tf.distribute.get_strategy(), f"1 {kind}"


def _require_single_steps(training: Training, count: int) -> None:
    if training.steps_per_execution not in ("auto", 1):
        what = f"{count} devices take one step at a time, and training.steps_per_execution says more."
        raise MillraceError(what, "Trainer", "Leave it out, or set training.replicas to 1.")


def _connect_tpu(training: Training) -> tuple[tf.distribute.Strategy, str]:
    try:
        strategy = tf.distribute.TPUStrategy(tf.distribute.cluster_resolver.TPUClusterResolver.connect())
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise _absence(f"a TPU, which cannot be used: {str(error).strip().splitlines()[0].rstrip('.')}") from error
    count = strategy.num_replicas_in_sync
    if training.replicas not in (None, count):
        raise _absence(f"{training.replicas} TPU cores, of which there are {count}")
    return strategy, f"{count} TPU"


def _absence(asked: str) -> MillraceError:
    remedy = "Train where it is (in a cluster, resources.Trainer asks for it), or change training.device."
    return MillraceError(f"The config asks to train on {asked}.", "Trainer", remedy)
