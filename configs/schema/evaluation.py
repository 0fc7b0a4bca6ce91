"""The part of the schema that says how a candidate is judged."""

from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from configs.schema.section import Section, Text

Texts = Annotated[tuple[Text, ...], Strict(False)]
Metric = Literal[
    "auc",
    "auc_pr",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "macro_f1",
    "calibration",
    "log_loss",
    "rmse",
    "mae",
    "r2",
    "pinball",
    "coverage",
]
METRICS: dict[str, tuple[Metric, ...]] = {
    "binary": ("auc", "auc_pr", "accuracy", "precision", "recall", "f1", "calibration", "log_loss"),
    "multiclass": ("accuracy", "macro_f1", "log_loss"),
    "multilabel": ("auc", "auc_pr", "precision", "recall", "f1", "macro_f1"),
    "regression": ("rmse", "mae", "r2", "calibration"),
}
QUANTILES: tuple[Metric, ...] = ("pinball", "coverage")  # of a number, where its quantiles are told
MAIN: tuple[Metric, ...] = ("auc", "accuracy", "rmse")  # what to say of a model in one figure: the first it has


class Threshold(Section):
    """What a metric must reach, by itself and against the version in service."""

    min: float | None = Field(default=None, description="At least this, over all rows.")
    max: float | None = Field(default=None, description="At most this, over all rows.")
    max_drop: float | None = Field(
        default=None, ge=0, description="At most so far below the version in service; of what should be high."
    )
    max_rise: float | None = Field(
        default=None, ge=0, description="At most so far above the version in service; of what should be low."
    )

    @model_validator(mode="after")
    def _check_bounds(self) -> "Threshold":
        if self.min is None and self.max is None and self.max_drop is None and self.max_rise is None:
            raise ValueError("needs at least one of min, max, max_drop, max_rise")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} lies above max {self.max}")
        if self.max_drop is not None and self.max_rise is not None:
            raise ValueError("takes max_drop (of a metric that should be high) or max_rise, not both")
        return self


class Evaluation(Section):
    """What a candidate must reach before it may serve."""

    slices: Annotated[tuple[Texts, ...], Strict(False)] = Field(
        default=((),), description="Columns to slice by; [] is all."
    )
    thresholds: Annotated[dict[Metric, Threshold], Field(min_length=1)] = Field(
        description="By metric, of those that fit the label's kind: what it must reach on the test split."
    )
