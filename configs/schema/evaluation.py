"""The part of the schema that says how a candidate is judged."""

from collections.abc import Mapping
from functools import reduce
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, Strict, model_validator

from configs.schema.section import Section, Text
from configs.schema.spans import has_spans

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
ORIGIN = "origin"  # the column that says from which origin a row is judged, where there are several
MAIN: tuple[Metric, ...] = ("auc", "accuracy", "rmse")  # what to say of a model in one figure: the first it has
UNFIT = {  # keys beside which folds would not be what they say, and why
    "data.split.by": "rows would be judged by models of later ones",
    "data.split.repeats": "equal rows, which it parts, stay in one fold",
    "data.window": "rows would be judged by models of their neighbours",
    "data.group": "rows of one group would lie in several folds",
    "training.teacher": "it has learnt from rows that judge",
    "training.warm_start": "the version in service has learnt from all rows",
    "tuning": "its values would be chosen by rows that judge",
}


ROLLED = {  # likewise beside a backtest
    "training.teacher": "it has learnt from rows that judge",
    "training.warm_start": "the version in service has learnt from all rows",
}


class Threshold(Section):
    """What a metric must reach, by itself and against the version in service."""

    min: float | None = Field(default=None, description="At least this, over all rows.")
    max: float | None = Field(default=None, description="At most this, over all rows.")
    max_drop: float | None = Field(
        default=None, ge=0, description="At most so far below the version in service, if any; of what should be high."
    )
    max_rise: float | None = Field(
        default=None, ge=0, description="At most so far above the version in service, if any; of what should be low."
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


class Budgets(Section):
    """What a LiteRT file may take."""

    bytes: PositiveInt | None = Field(default=None, description="Its size, at most.")
    latency_ms: PositiveFloat | None = Field(
        default=None, description="The median time of one row in one thread of the machine that judges, at most."
    )


class Shadow(Section):
    """How a candidate that was blessed has to prove itself beside the version in service."""

    spans: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="On so many new spans of data it must win, one after another: reach every threshold on their rows."
    )


class Evaluation(Section):
    """What a candidate must reach before it may serve."""

    slices: Annotated[tuple[Texts, ...], Strict(False)] = Field(
        default=((),), description="Columns to slice by; [] is all."
    )
    folds: Annotated[int, Field(ge=3, le=20)] | None = Field(
        default=None,
        description="All rows judge, not those of the test split alone: in so many folds, each by a model of the rows "
        "of the others. What is served is then trained anew, on all rows. For small data.",
    )
    backtest: Annotated[int, Field(ge=2, le=20)] | None = Field(
        default=None,
        description="The test split of data.split.by is judged from so many origins, one after the other in time: each "
        "part of it by a model of all rows before that. What is served is then trained anew, on all rows.",
    )
    thresholds: Annotated[dict[Metric, Threshold], Field(min_length=1)] = Field(
        description="By metric, of those that fit the label's kind: what it must reach, on the test split or in folds."
    )
    golden: Text | None = Field(
        default=None,
        description="A file of rows, as data.format has them, on which every candidate must reach each min and max as "
        "well, whatever the newest test split holds.",
    )
    budgets: Budgets | None = Field(default=None, description="What a file of compress.lite may take.")
    shadow: Shadow | None = Field(
        default=None,
        description="A candidate that was blessed waits beside the version in service, and takes its place once it has "
        "won on new spans; without, it does so at once.",
    )

    def check(self, sections: Mapping[str, Any]) -> None:
        """Raises ValueError for shadow, folds or a backtest beside what they do not fit, by sections of the config."""
        data = sections.get("data")
        if self.shadow and data and not has_spans(data.path):
            raise ValueError("has shadow, which goes by new spans, and data.path names none: write {SPAN} in it")
        if self.golden and data and data.window:
            raise ValueError("has golden, whose rows stand each for itself, and data.window makes one row of several")
        if self.golden and all(each.min is None and each.max is None for each in self.thresholds.values()):
            raise ValueError("has golden, and no threshold that a model reaches by itself: add min or max")
        changes = [each.max_drop if each.max_rise is None else each.max_rise for each in self.thresholds.values()]
        if self.shadow and set(changes) == {None}:
            raise ValueError("has shadow, and no threshold compares two models: add max_drop or max_rise; 0 is strict")
        if self.folds is not None:
            self._check_models("folds", "which do", UNFIT, sections)
        if self.backtest is not None:
            self._check_models("a backtest", "which does", ROLLED, sections)
            self._check_origins(sections)

    @staticmethod
    def _check_models(what: str, which: str, unfit: Mapping[str, str], sections: Mapping[str, Any]) -> None:
        """Raises ValueError for what several models, each of some of the rows, do not go with."""
        for key, why in unfit.items():
            section, *names = key.split(".")
            if reduce(lambda found, name: getattr(found, name, None), names, sections.get(section)):
                raise ValueError(f"has {what}, {which} not go with {key}: {why}")
        if getattr(sections.get("training"), "cache", None) == "none":
            raise ValueError(f"has {what}, whose rows are held in memory: leave training.cache out")

    def _check_origins(self, sections: Mapping[str, Any]) -> None:
        """Raises ValueError where no time divides the rows, or something else has the name of the column it makes."""
        data, label, features = (sections.get(name) for name in ("data", "label", "features"))
        if data and not data.split.by:
            raise ValueError("has a backtest, and no data.split.by to put rows in time")
        sliced = [column for columns in self.slices for column in columns]
        named = {*(features or {}), *(data.groups if data else ()), data and data.weight, label and label.name}
        if ORIGIN in named:
            raise ValueError(f"has a backtest, which calls its origins `{ORIGIN}`, as a column here is: rename that")
        if ORIGIN in sliced:
            raise ValueError(f"has a backtest, which slices by `{ORIGIN}` itself: leave it out of slices")
