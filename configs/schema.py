"""The typed schema of a pipeline's YAML: every key, its default and the values it may hold."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Strict,
    ValidationInfo,
    field_validator,
    model_validator,
)

from configs.cluster import Resources, Schedule, Step
from configs.home import Home
from configs.section import Section, Text

Texts = Annotated[tuple[Text, ...], Strict(False)]
Share = Annotated[float, Field(ge=0, le=1)]
Metric = Literal["auc", "accuracy", "precision", "recall", "log_loss"]
Activation = Literal[
    "elu", "gelu", "leaky_relu", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh"
]


class Split(Section):
    """How many parts of the rows go to each split."""

    train: PositiveInt = 8
    eval: PositiveInt = 1
    test: PositiveInt = 1


class Data(Section):
    """Where the rows come from."""

    format: Literal["csv"]
    path: Text = Field(description="A file, a folder, a glob, or sample://NAME.")
    split: Split = Split()
    schema_file: Text | None = Field(default=None, description="A curated TFDV schema, as text proto.")


class Label(Section):
    """The column to predict."""

    name: Text
    kind: Literal["binary"]


class Numeric(Section):
    """A number, scaled or cut into quantile buckets."""

    kind: Literal["numeric"]
    scale: Literal["z_score", "min_max", "none"] = "z_score"
    buckets: Annotated[int, Field(ge=2, le=1000)] | None = Field(
        default=None, description="Quantiles, instead of a scale."
    )
    impute: Literal["mean"] | float = Field(default="mean", description="What a missing value becomes.")


class Categorical(Section):
    """A value out of a vocabulary learnt from the data."""

    kind: Literal["categorical"]
    vocabulary: PositiveInt = Field(description="How many of the most frequent values are kept.")
    oov: PositiveInt = Field(default=1, description="How many buckets share the other values.")


Feature = Annotated[Numeric | Categorical, Field(discriminator="kind")]


class Linear(Section):
    """A generalised linear model."""

    family: Literal["linear"]


class Network(Section):
    """What every family with hidden layers has."""

    hidden_units: Annotated[tuple[PositiveInt, ...], Strict(False), Field(min_length=1)]
    activation: Activation = "relu"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    embedding: PositiveInt = Field(default=8, description="The width of each category's embedding.")


class Dnn(Network):
    """A stack of dense layers."""

    family: Literal["dnn"]


class WideDeep(Network):
    """A linear model beside a stack of dense layers."""

    family: Literal["wide_deep"]


Model = Annotated[Linear | Dnn | WideDeep, Field(discriminator="family")]


class Optimizer(Section):
    """How weights follow gradients."""

    name: Literal["adam", "sgd", "adagrad", "rmsprop", "adamw"] = "adam"
    learning_rate: PositiveFloat = 1e-3


class EarlyStopping(Section):
    """Stop when the eval split has not improved for more than `patience` epochs."""

    patience: NonNegativeInt


class Training(Section):
    """How long and how a model is fitted."""

    batch_size: PositiveInt = 256
    epochs: PositiveInt = 5
    optimizer: Optimizer = Optimizer()
    early_stopping: EarlyStopping | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


class Threshold(Section):
    """What a metric must reach, by itself and against the version in service."""

    min: float | None = None
    max: float | None = None
    max_drop: float | None = Field(default=None, ge=0)
    max_rise: float | None = Field(default=None, ge=0)

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
    thresholds: Annotated[dict[Metric, Threshold], Field(min_length=1)]


class Gate(Section):
    """How far new data may stray before a run stops."""

    unseen: Share = Field(
        default=0.01, description="Share of rows with values unseen by the schema or outside its range."
    )
    drift: PositiveFloat | None = Field(default=0.3, description="Distance from the data of the version in service.")
    skew: PositiveFloat | None = Field(default=0.3, description="Distance between the splits.")
    accept: Text | None = Field(default=None, description="Why to go on all the same; as --accept-anomalies gives it.")


class Storage(Section):
    """Where runs, metadata and served versions lie."""

    root: Text = "workspace"
    metadata: Text | None = Field(default=None, description="mysql://USER:PASSWORD@HOST:PORT/DATABASE; SQLite without.")


class Config(Section):
    """One model: its data, features, architecture, training, quality bar, machines and schedule."""

    name: str
    data: Data
    label: Label
    features: Annotated[dict[Text, Feature], Field(min_length=1)]
    model: Model
    training: Training
    evaluation: Evaluation
    gate: Gate = Gate()
    storage: Storage = Storage()
    schedule: Schedule | None = None
    resources: dict[Step, Resources] = {}

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name):
            raise ValueError(f"'{name}' is no pipeline name: at most 63 of a-z, 0-9, _ and -, and a letter first")
        return name

    @field_validator("features")
    @classmethod
    def _check_features(cls, features: dict[str, Feature], info: ValidationInfo) -> dict[str, Feature]:
        label = info.data.get("label")
        if label is not None and label.name in features:
            raise ValueError(f"'{label.name}' is the label and cannot be a feature as well")
        return features

    @property
    def home(self) -> Home:
        """The folder in which this pipeline keeps what it leaves."""
        return Home(Path(self.storage.root) / self.name)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the pipeline reads, once: the features, the label, and what is sliced by."""
        sliced = (column for columns in self.evaluation.slices for column in columns)
        return tuple(dict.fromkeys((*self.features, self.label.name, *sliced)))
