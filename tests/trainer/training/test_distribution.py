"""What a training runs on; several devices are two logical CPUs, in a process of their own."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from configs.errors import MillraceError
from configs.schema.models import Linear
from configs.schema.training import Training
from tests.trainer.conftest import LABELS
from trainer.models.linear import build
from trainer.training.distribution import choose, computing
from trainer.training.fit import fit

TWO = """
import json, sys
import keras, numpy as np, tensorflow as tf
from configs.schema.models import Dnn
from configs.schema.label import Label
from configs.schema.training import Optimizer, Training
from trainer.training.distribution import computing
from trainer.features.transforms import Column
from trainer.training.fit import fit
from trainer.models.dnn import build

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
numbers = np.random.default_rng(1).normal(size=(512, 1)).astype("float32")
rows = tf.data.Dataset.from_tensor_slices(({"a": numbers}, (numbers > 0).astype("int64"))).batch(64)
for replicas in (1, 2):
    training = Training(epochs=2, device="cpu", replicas=replicas, optimizer=Optimizer(learning_rate=0.1))
    with computing(training) as devices:
        keras.utils.set_random_seed(1)
        model = build(Dnn(family="dnn", hidden_units=(4,)), Label(name="label", kind="binary"), [Column("a")])
        loss = fit(model, rows, rows, training, "binary")["loss"]
    weights = [weight.tolist() for weight in model.get_weights()]
    print(json.dumps({"devices": devices, "loss": loss, "weights": weights}))
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"device": "gpu"}, "The config asks to train on 1 GPU, of which there are 0."),
        ({"device": "gpu", "replicas": 4}, "The config asks to train on 4 GPU, of which there are 0."),
        ({"device": "cpu", "replicas": 64}, "The config asks to train on 64 CPU, of which there are 1."),
        (
            {"device": "tpu"},
            "The config asks to train on a TPU, which cannot be used: Please provide a TPU Name to connect",
        ),
    ],
)
def test_a_device_that_is_absent_fails_by_name(options, said):
    with pytest.raises(MillraceError) as told:
        choose(Training(**options))
    assert said in str(told.value)
    assert "training.device" in told.value.remedy


def test_the_cpu_is_taken_where_there_is_nothing_else():
    for device in ("auto", "cpu"):
        with computing(Training(device=device)) as devices:
            assert devices == "1 CPU"


@pytest.mark.slow
def test_two_devices_that_share_a_batch_learn_what_one_does():
    done = subprocess.run([sys.executable, "-c", TWO], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    one, two = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    assert (one["devices"], two["devices"]) == ("1 CPU", "2 CPU")
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-3)
    for ours, theirs in zip(one["weights"], two["weights"], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_layers_compute_in_half_precision_and_weights_and_answers_stay_whole(precision, columns, features, rows):
    before = keras.config.dtype_policy().name
    with computing(Training(precision=precision)):
        model = build(Linear(family="linear"), LABELS["binary"], columns)
    assert keras.config.dtype_policy().name == before
    dense = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
    assert (dense.compute_dtype, dense.variable_dtype) == (precision.removeprefix("mixed_"), "float32")
    history = fit(model, rows, rows, Training(epochs=3, precision=precision), "binary")
    assert history["loss"][-1] < history["loss"][0]
    assert model(features).numpy().dtype == np.float32


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "at_once"),
    [({"jit_compile": True}, 8), ({"steps_per_execution": 4}, 4), ({"steps_per_execution": 3}, 3)],
)
def test_a_faster_step_learns_the_same(options, at_once, columns, rows):
    """Of eight steps, three at a time, an epoch makes nine."""
    found = []
    for each in ({"steps_per_execution": 1}, options):
        keras.utils.set_random_seed(1)
        model = build(Linear(family="linear"), LABELS["binary"], columns)
        fit(model, rows, rows, Training(steps=24, **each), "binary")
        assert int(model.optimizer.iterations) == 24
        found.append((model.jit_compile, model.steps_per_execution, model.get_weights()))
    assert found[0][:2] == (False, 1)
    assert found[1][:2] == (options.get("jit_compile", False), at_once)
    for ours, theirs in zip(found[0][2], found[1][2], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
