"""The part of the schema that says what is predicted."""

from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from configs.schema.evaluation import METRICS, QUANTILES, Metric
from configs.schema.section import Section, Text
from configs.schema.spelling import Lower, Offset, OwnDecimal, OwnThousands, Trim, Unit

Texts = Annotated[tuple[Text, ...], Strict(False)]
Probability = Annotated[float, Field(gt=0, lt=1)]


class Label(Section):
    """The column to predict: one of two classes, one of several, any number of several, or a number."""

    name: Text = Field(default="labels", description="The column; with `columns` what they are called together.")
    kind: Literal["binary", "multiclass", "multilabel", "regression"] = Field(
        description="One of two classes, one of several, any number of several (a|b in a cell), or a number."
    )
    classes: Texts | None = Field(
        default=None, description="The values it takes, as the data spells them; of two, the second is the positive."
    )
    columns: Texts | None = Field(
        default=None, description="A column of 0 and 1 (yes and no) for each class of kind multilabel, by its name."
    )
    separator: Annotated[str, Field(pattern=r"^[^\s\w]$")] | None = Field(
        default=None, description="What stands between the classes in a cell of kind multilabel; | without."
    )
    missing: Literal["refuse", "drop"] = Field(
        default="refuse", description="Whether a row without a label stops a run, or is left out of training, counted."
    )
    quantiles: Annotated[tuple[Probability, ...], Strict(False), Field(min_length=3)] | None = Field(
        default=None,
        description="Of a number: the model tells these quantiles, [0.1, 0.5, 0.9]; the one in the middle is 0.5, and "
        "is the prediction.",
    )
    trim: Trim = False
    lower: Lower = False
    decimal: OwnDecimal = None
    thousands: OwnThousands = None
    unit: Unit = None
    offset: Offset = 0.0

    @model_validator(mode="after")
    def _check_quantiles(self) -> "Label":
        given = self.quantiles
        if given and self.kind != "regression":
            raise ValueError(f"of kind {self.kind} is no number, and has no quantiles")
        if given and (list(given) != sorted(set(given)) or len(given) % 2 == 0 or given[len(given) // 2] != 0.5):
            raise ValueError("has quantiles that rise, with 0.5 in the middle: [0.1, 0.5, 0.9]")
        return self

    @model_validator(mode="after")
    def _check_classes(self) -> "Label":
        named = self.classes or self.columns or ()
        count = len(named)
        if len(set(named)) < count:
            raise ValueError("names a class twice")
        if self.columns and (self.kind != "multilabel" or self.classes or self.separator):
            raise ValueError("has columns, each a class, which kind multilabel takes without classes and separator")
        if not self.columns and "name" not in self.model_fields_set:
            raise ValueError("needs the name of its column")
        if self.kind == "binary" and count not in (0, 2):
            raise ValueError(f"of kind binary has two classes, not {count}")
        if self.kind == "multiclass" and count < 3:
            raise ValueError("of kind multiclass needs its classes, three or more: classes: [red, green, blue]")
        if self.kind == "multilabel" and count < 2:
            raise ValueError("of kind multilabel needs its classes, two or more: classes: [red, green, blue]")
        if any("|" in name for name in named) and self.kind == "multilabel":
            raise ValueError("of kind multilabel has no class with | in its name, which stands between them in a cell")
        if self.separator and self.kind != "multilabel":
            raise ValueError(f"of kind {self.kind} has one class in a cell, and takes no separator")
        if self.separator and any(self.separator in name for name in self.classes or ()):
            raise ValueError(f"has a class with {self.separator} in its name, which stands between them in a cell")
        if self.kind == "regression" and count:
            raise ValueError("of kind regression is a number and has no classes")
        self._check_spelling()
        return self

    def _check_spelling(self) -> None:
        if (self.trim or self.lower) and self.kind not in ("binary", "multiclass"):
            raise ValueError(f"of kind {self.kind} takes neither trim nor lower")
        if any((self.decimal, self.thousands, self.unit)) and self.kind != "regression":
            raise ValueError(f"of kind {self.kind} is no number, and takes no decimal, thousands or unit")
        if self.offset and self.kind != "regression":
            raise ValueError(f"of kind {self.kind} is no number, and takes no offset")
        if self.missing == "drop" and self.kind == "multilabel":
            raise ValueError("of kind multilabel may be blank, which says that no class is meant: nothing is missing")

    @property
    def values(self) -> tuple[str, ...]:
        """The classes in the order of their ids; none for a number."""
        return self.classes or self.columns or (("0", "1") if self.kind == "binary" else ())

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What judges a model of it."""
        return (*QUANTILES, *METRICS[self.kind]) if self.quantiles else METRICS[self.kind]


def name_columns(label: Label) -> tuple[str, ...]:
    """Returns the columns of a label, and what it is called."""
    return (label.name, *(label.columns or ()))
