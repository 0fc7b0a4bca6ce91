"""What is predicted: its kind, its classes, and the columns that they stand in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.label import Label


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("{kind: binary}", ("0", "1")),
        ("{kind: binary, classes: ['yes', 'no']}", ("yes", "no")),
        ("{kind: multiclass, classes: [red, green, blue]}", ("red", "green", "blue")),
        ("{kind: regression}", ()),
    ],
)
def test_a_label_has_the_values_of_its_classes(write: Callable[..., str], label: str, values: tuple[str, ...]) -> None:
    metric = {"m": "log_loss", "r": "rmse", "b": "auc"}[label[7]]
    path = write("label: {name: tipped, kind: binary}", f"label: {label.replace('{', '{name: tipped, ')}")
    Path(path).write_text(Path(path).read_text().replace("auc", metric))
    assert load(path).label.values == values


@pytest.mark.parametrize(
    ("kind", "classes", "message"),
    [
        ("binary", ("yes",), "of kind binary has two classes, not 1"),
        ("binary", ("yes", "yes"), "names a class twice"),
        ("multiclass", ("red", "green"), "of kind multiclass needs its classes, three or more"),
        ("multiclass", None, "of kind multiclass needs its classes, three or more"),
        ("multilabel", None, "of kind multilabel needs its classes, two or more"),
        ("multilabel", ("a", "b|c"), "has no class with | in its name"),
        ("regression", ("red", "green", "blue"), "of kind regression is a number and has no classes"),
    ],
)
def test_the_classes_fit_the_kind_of_label(kind: Any, classes: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Label(name="label", kind=kind, classes=classes)


def test_a_label_may_be_columns_each_a_class(write: Callable[..., str]) -> None:
    thresholds = "evaluation.thresholds={auc: {min: 0.5}}"
    config = load(write(), ["label={kind: multilabel, columns: [a, b]}", thresholds])
    assert (config.label.name, config.label.values) == ("labels", ("a", "b"))
    for label, what in (
        ("{kind: binary, columns: [a, b]}", "has columns, each a class, which kind multilabel takes"),
        ("{kind: multilabel, columns: [a, b], classes: [a, b]}", "has columns, each a class"),
        ("{kind: multilabel, columns: [a]}", "of kind multilabel needs its classes, two or more"),
        ("{kind: multilabel, columns: [a, a]}", "names a class twice"),
        ("{kind: binary}", "needs the name of its column"),
    ):
        with pytest.raises(ConfigError, match=what):
            load(write(), [f"label={label}", thresholds])
    with pytest.raises(ConfigError, match="'a' is of the label and cannot be a feature as well"):
        load(write(), ["label={kind: multilabel, columns: [a, b]}", "features.a={kind: numeric}", thresholds])
