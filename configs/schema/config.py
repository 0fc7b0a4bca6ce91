"""The typed schema of a pipeline's YAML: every key, its default and the values it may hold."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import (
    Field,
    Strict,
    ValidationInfo,
    field_validator,
    model_validator,
)

from configs.copies import is_url
from configs.home import Home
from configs.schema.baselines import FITTING, SklearnModel
from configs.schema.beam import Beam
from configs.schema.card import Card
from configs.schema.cluster import Cluster
from configs.schema.compress import Compress
from configs.schema.data import Data
from configs.schema.evaluation import ORIGIN, Evaluation
from configs.schema.explain import Explain
from configs.schema.features import Feature, list_columns
from configs.schema.gate import Gate
from configs.schema.label import Label, name_columns
from configs.schema.models import Autoregression, BoostedTrees, Fused, Model
from configs.schema.notify import Notifier
from configs.schema.privacy import Budget, Mask, Privacy
from configs.schema.resources import Resources, Step
from configs.schema.schedule import Schedule
from configs.schema.section import Section, Text, is_named
from configs.schema.spans import has_spans
from configs.schema.storage import Storage
from configs.schema.tracking import Tracking
from configs.schema.training import HEEDED, Training
from configs.schema.tuning import Tuning


def _refuse_beside(name: str, beside: Mapping[str, Any], why: str) -> None:
    """Raises ValueError for the first key, of those that are given, that something does not go with."""
    if unfit := next((key for key, found in beside.items() if found), None):
        raise ValueError(f"{name} does not go with {unfit}{why}")


def _require_fit(metrics: Iterable[str], label: Label | None) -> None:
    unfit = [metric for metric in metrics if label and metric not in label.metrics]
    if label and unfit:
        known = ", ".join(label.metrics)
        raise ValueError(f"'{unfit[0]}' does not judge a {label.kind} label; what does: {known}")


class Config(Section):
    """One model: its data, features, architecture, training, quality bar, machines and schedule."""

    name: str = Field(description="The pipeline's: at most 63 of a-z, 0-9, _ and -, and a letter first.")
    data: Data
    label: Label
    features: Annotated[dict[Text, Feature], Field(min_length=1)] = Field(
        description="By column; a pattern such as pixel_* stands for all columns of the data that match it."
    )
    model: Model = Field(description="The family, and what it is made of.")
    training: Training
    tuning: Tuning | None = Field(default=None, description="Search for better values of model and training first.")
    compress: Compress | None = Field(default=None, description="Make the trained model small, before it is judged.")
    evaluation: Evaluation
    baselines: Annotated[tuple[SklearnModel, ...], Strict(False)] = Field(
        default=(), description="Models that are no networks, trained and evaluated on the same rows to compare with."
    )
    explain: Explain | None = Field(
        default=Explain(), description="Which features the model relies on, for the report; null leaves it out."
    )
    privacy: Privacy = Privacy()
    gate: Gate = Gate()
    card: Card = Card()
    storage: Storage = Storage()
    tracking: Tracking = Tracking()
    schedule: Schedule | None = None
    notify: Annotated[tuple[Notifier, ...], Strict(False)] = Field(
        default=(), description="Who is told what becomes of the pipeline, and of what."
    )
    cluster: Cluster = Cluster()
    beam: Beam = Beam()
    image: Text = Field(
        default="millrace:{flavour}-{digest}",
        description="The container image of a step; {flavour} is cpu, gpu or tpu, {digest} that of code and lock.",
    )
    resources: dict[Step, Resources] = Field(
        default={}, description="By node: the machine of its step in a cluster; `default` is that of all others."
    )

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name):
            raise ValueError(f"'{name}' is no pipeline name: at most 63 of a-z, 0-9, _ and -, and a letter first")
        return name

    @field_validator("label")
    @classmethod
    def _check_label(cls, label: Label, info: ValidationInfo) -> Label:
        data = info.data.get("data")
        if data is None:
            return label
        if data.split.stratify and label.kind not in ("binary", "multiclass"):
            raise ValueError(f"of kind {label.kind} has no classes to divide alike, as data.split.stratify says")
        marked = next((name for name in label.values if name in data.missing), None)
        if marked is not None:
            raise ValueError(f"has the class '{marked}', which data.missing takes for a missing value")
        return label

    @field_validator("features")
    @classmethod
    def _check_features(cls, features: dict[str, Feature], info: ValidationInfo) -> dict[str, Feature]:
        label = info.data.get("label")
        if label is not None and label.name in features:
            raise ValueError(f"'{label.name}' is the label and cannot be a feature as well")
        both = next((name for name in label.columns or () if name in features), None) if label else None
        if both:
            raise ValueError(f"'{both}' is of the label and cannot be a feature as well")
        data = info.data.get("data")
        if data is None or label is None:
            return features
        told = next((name for name, feature in features.items() if label.name in list_columns(feature)), None)
        if told and not data.window:
            raise ValueError(f"'{told}' is made of the label, which only a data.window allows")
        if data.window and not any(feature.kind == "sequence" and feature.columns for feature in features.values()):
            raise ValueError("need one of kind sequence with columns, since data.window is set")
        if data.window and data.window.told and data.window.told not in features:
            example = f"{data.window.told}: {{kind: categorical, ids: {data.window.horizons[-1] + 1}}}"
            raise ValueError(f"need the horizon among them, since data.window has several: {example}")
        return features

    @field_validator("features")
    @classmethod
    def _check_private(cls, features: dict[str, Feature], info: ValidationInfo) -> dict[str, Feature]:
        data, label = info.data.get("data"), info.data.get("label")
        if data is None or label is None:
            return features
        made_of = (name for feature in features.values() for name in list_columns(feature))
        known = {*features, *made_of, *name_columns(label), *data.groups, *filter(None, (data.weight,))}
        for pattern in data.private:
            if not any(is_named(name, pattern) or is_named(pattern, name) for name in known):
                near = "".join(f"; did you mean '{name}'?" for name in get_close_matches(pattern, known, 1))
                raise ValueError(f"hold no '{pattern}', which data.private names, nor does the label{near}")
        return features

    @field_validator("training")
    @classmethod
    def _check_training(cls, training: Training, info: ValidationInfo) -> Training:
        label = info.data.get("label")
        if label is not None:
            training.check(label.kind, label.values)
            training = training.tell(label.quantiles)
        model = info.data.get("model")
        if model is None:
            return training
        if model.augment and model.augment.mixes and training.loss and training.loss.name == "hinge":
            raise ValueError("the loss hinge judges one class a row, and model.augment mixes two: take cross_entropy")
        return training.suit(model.family)

    @field_validator("tuning")
    @classmethod
    def _check_tuning(cls, tuning: Tuning | None, info: ValidationInfo) -> Tuning | None:
        label, training = info.data.get("label"), info.data.get("training")
        if tuning and label and training:
            tuning.check(label.kind, training)
        model = info.data.get("model")
        if tuning and model and tuning.search == "hyperband" and model.family in HEEDED:
            raise ValueError(f"by hyperband trains for fewer epochs at first, of which {model.family} has none")
        return tuning

    @field_validator("model")
    @classmethod
    def _check_family(cls, model: Model, info: ValidationInfo) -> Model:
        label, features = info.data.get("label"), info.data.get("features")
        if isinstance(model, BoostedTrees | Autoregression | Fused) and label is not None and features is not None:
            model.check(label.kind, features.items())
        if model.augment and features is not None:
            model.augment.check(features.items())
        return model

    @field_validator("model")
    @classmethod
    def _check_crosses(cls, model: Model, info: ValidationInfo) -> Model:
        features: Any = info.data.get("features", {})
        for name in (name for names in getattr(model, "crosses", ()) for name in names):
            matching = [feature for key, feature in features.items() if is_named(name, key)]
            if not matching and features:
                raise ValueError(f"the cross of '{name}' has no such feature")
            if any(feature.kind == "numeric" and not feature.buckets for feature in matching):
                raise ValueError(f"'{name}' is a number, and only ids can be crossed: give it buckets")
        return model

    @field_validator("evaluation")
    @classmethod
    def _check_metrics(cls, evaluation: Evaluation, info: ValidationInfo) -> Evaluation:
        _require_fit(evaluation.thresholds, info.data.get("label"))
        evaluation.check(info.data)
        return evaluation

    @field_validator("privacy")
    @classmethod
    def _check_masks(cls, privacy: Privacy, info: ValidationInfo) -> Privacy:
        data, label, features, evaluation = map(info.data.get, ("data", "label", "features", "evaluation"))
        if data is None or label is None or features is None or evaluation is None:
            return privacy
        whole = {*name_columns(label), data.weight, data.split.by, data.window and data.window.order}
        whole |= {name for feature in features.values() for name in list_columns(feature)}
        sliced = {name for names in evaluation.slices for name in names}
        training = info.data.get("training")
        sliced |= {training.federated.clients} if training and training.federated else set()
        privacy.check(features, {*data.groups, *sliced} - {*features}, {*filter(None, whole)})
        return privacy

    @field_validator("baselines")
    @classmethod
    def _check_baselines(cls, baselines: tuple[SklearnModel, ...], info: ValidationInfo) -> tuple[SklearnModel, ...]:
        label: Any = info.data.get("label")
        unfit = [name for name in baselines if label and name not in FITTING[label.kind]]
        if unfit:
            known = ", ".join(FITTING[label.kind])
            raise ValueError(f"'{unfit[0]}' is no model of a {label.kind} label; what is: {known}")
        if len(set(baselines)) < len(baselines):
            raise ValueError("names a model twice")
        return baselines

    @field_validator("schedule")
    @classmethod
    def _check_schedule(cls, schedule: Schedule | None, info: ValidationInfo) -> Schedule | None:
        data = info.data.get("data")
        if schedule and schedule.when and schedule.when.new_spans and data and not has_spans(data.path):
            raise ValueError("waits for new_spans, but data.path has no {SPAN} or {YYYY}: wait for new_rows")
        if schedule and schedule.when and schedule.when.quality:
            _require_fit(schedule.when.quality, info.data.get("label"))
        return schedule

    @field_validator("beam")
    @classmethod
    def _check_beam(cls, beam: Beam, info: ValidationInfo) -> Beam:
        sections: Any = (info.data.get("storage"), info.data.get("cluster"))
        url = next((section.root for section in sections if section and is_url(section.root)), None)
        if url and beam.hands_over:
            what = f"hands work to machines that see nothing of {url}, of which each step has a copy of its own"
            raise ValueError(f"{what}: let the root be a folder on a volume that they mount as well")
        return beam

    @model_validator(mode="after")
    def _check_compress(self) -> "Config":
        if self.compress:
            self.compress.check(self.model.family, self.refits)
        elif self.evaluation.budgets:
            raise ValueError("evaluation.budgets are of a LiteRT file: add compress: {lite: float16}")
        return self

    @model_validator(mode="after")
    def _check_budget(self) -> "Config":
        self.privacy.check_sections({name: getattr(self, name) for name in type(self).model_fields})
        return self

    @model_validator(mode="after")
    def _check_clients(self) -> "Config":
        if self.clients is None:
            return self
        made_of = (name for feature in self.features.values() for name in list_columns(feature))
        if self.clients in {*self.features, *made_of, *name_columns(self.label), self.label.name, self.data.weight}:
            raise ValueError(f"training.federated.clients: '{self.clients}' is learnt from, and only tells rows apart")
        beside = {
            "data.window": self.data.window,
            "evaluation.backtest": self.evaluation.backtest,
            "evaluation.folds": self.evaluation.folds,
            "tuning.search hyperband": self.tuning and self.tuning.total is None,
        }
        _refuse_beside("training.federated", beside, ": leave one of them out")
        return self

    @model_validator(mode="after")
    def _check_workers(self) -> "Config":
        beside = {"evaluation.backtest": self.evaluation.backtest, "evaluation.folds": self.evaluation.folds}
        if self.training.workers > 1:
            _refuse_beside("training.workers", beside, ", which trains several models: leave one out")
        return self

    @model_validator(mode="after")
    def _check_replay(self) -> "Config":
        data = self.data
        if self.training.replay and not has_spans(data.path):
            raise ValueError(
                "training.replay takes rows of earlier spans, and data.path names none: write {SPAN} in it"
            )
        beside = {"data.split.by": data.split.by, "data.window": data.window, "evaluation.folds": self.evaluation.folds}
        if self.training.replay:
            _refuse_beside("training.replay", beside, ": its rows train, wherever they stand")
        return self

    @model_validator(mode="after")
    def _check_teacher(self) -> "Config":
        url = next((root for root in (self.storage.root, self.cluster.root) if root and is_url(root)), None)
        if url and self.training.teacher and self.training.teacher.pipeline:
            what = f"training.teacher names another pipeline, of whose versions nothing is fetched from {url}"
            raise ValueError(f"{what}: let the teacher be a version of this one, or the root a folder")
        return self

    @property
    def home(self) -> Home:
        """The folder in which this pipeline keeps what it leaves."""
        return Home.below(self.storage.root, self.name)

    def find_mask(self, column: str) -> Mask | None:
        """What becomes of a column before anything of it is written; None where it stays as it is."""
        masks = self.privacy.columns.items()
        return next((mask for pattern, mask in masks if is_named(column, pattern)), None)

    def hides(self, column: str) -> bool:
        """Whether a column, or a feature or the label by what it is made of, is one whose values stay private."""
        feature = self.features.get(column)
        names = name_columns(self.label) if column == self.label.name else (column,)
        names += list_columns(feature) if feature else ()
        return any(is_named(name, pattern) for name in names for pattern in self.data.private)

    @property
    def hides_label(self) -> bool:
        """Whether the label is private, and with it what a model says of it."""
        return self.hides(self.label.name)

    @property
    def refits(self) -> bool:
        """Whether what is served is trained on the rows of all splits, once another was judged."""
        return self.training.refit or bool(self.evaluation.folds or self.evaluation.backtest)

    @property
    def budget(self) -> Budget | None:
        """What all trainings of a run together may tell of a row; None where nothing is counted."""
        return self.privacy.find_budget(1 + ((self.tuning.total or 0) if self.tuning else 0))

    @property
    def clients(self) -> str | None:
        """The column that says which client a row is of; None where all rows train together."""
        return self.training.federated.clients if self.training.federated else None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the pipeline reads, once: features, label, weight, group, client, and what is sliced by."""
        sliced = (column for columns in self.evaluation.slices for column in columns)
        named = (self.label.name, self.data.weight, *self.data.groups, self.clients, *sliced)
        origins = (ORIGIN,) if self.evaluation.backtest else ()
        return tuple(dict.fromkeys((*self.features, *filter(None, named), *origins)))
