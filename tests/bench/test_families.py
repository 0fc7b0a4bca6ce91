"""The Trainer and Keras train the same model on the same rows."""

import numpy as np
import pytest

from bench import families
from bench.families import CONFIGS, Clock, compare, make
from components.validation.column_patterns import resolve
from configs.loading.loader import load
from configs.schema.label import Label
from trainer.features.transforms import Column
from trainer.models.families import FAMILIES


def test_every_family_takes_part():
    found = {resolve(load(families.ROOT / "configs" / f"{name}.yaml")).model.family for name in CONFIGS.values()}
    assert found == FAMILIES.keys() - {"custom", "boosted_trees"}  # which Keras does not train


def test_rows_are_as_the_columns_say():
    seen = [Column("a"), Column("b", size=5), Column("c", size=9, length=4), Column("d", shape=(3, 2))]
    seen.append(Column("e", length=3, mask_of="d"))
    label = Label(name="label", kind="multiclass", classes=("x", "y", "z"))
    made = make(seen, label, 50, np.random.default_rng(1))
    shapes = {"a": (50, 1), "b": (50, 1), "c": (50, 4), "d": (50, 3, 2), "e": (50, 3), "label": (50, 1)}
    assert {name: values.shape for name, values in made.items()} == shapes
    assert set(made["label"].ravel()) == {0, 1, 2}
    assert made["b"].max() == 4
    assert made["e"].all()


def test_the_first_epoch_is_not_counted():
    clock = Clock()
    clock.ends = [10.0, 12.0, 15.0]
    assert clock.speed() == 2 * families.STEPS / 5


@pytest.mark.slow
def test_both_train(monkeypatch):
    monkeypatch.setattr(families, "STEPS", 5)
    found = compare(load(families.ROOT / "configs" / "diabetes_linear.yaml"), 1)
    assert found["batch_size"] == 32
    assert found["trainer"] > 0
    assert found["keras"] > 0
