"""The models that are no networks, which a network is to be compared with."""

from typing import Literal

SklearnModel = Literal["majority", "mean", "logistic", "linear", "tree", "svm"]
_CLASSES: tuple[SklearnModel, ...] = ("majority", "logistic", "tree", "svm")
FITTING: dict[str, tuple[SklearnModel, ...]] = {
    "binary": _CLASSES,
    "multiclass": _CLASSES,
    "multilabel": _CLASSES,
    "regression": ("mean", "linear", "tree", "svm"),
}
