"""The part of the schema that says how a model is fitted; docs/techniques.md has a row for each key."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, Strict, model_validator

from configs.schema.section import Section, Text

Share = Annotated[float, Field(ge=0, le=1)]
Decay = Annotated[float, Field(ge=0, lt=1)]
Epochs = Annotated[float, Field(gt=0)]
LossName = Literal["cross_entropy", "hinge", "mse", "mae", "huber", "pinball"]
TrainingMetric = Literal["auc", "auc_pr", "accuracy", "precision", "recall", "rmse", "mae", "r2"]
FITTING: dict[str, tuple[TrainingMetric, ...]] = {
    "binary": ("auc", "auc_pr", "accuracy", "precision", "recall"),
    "multiclass": ("accuracy",),
    "multilabel": ("auc", "auc_pr", "accuracy", "precision", "recall"),
    "regression": ("rmse", "mae", "r2"),
}
LOSSES: dict[str, tuple[LossName, ...]] = {
    "binary": ("cross_entropy", "hinge"),
    "multiclass": ("cross_entropy",),
    "multilabel": ("cross_entropy",),
    "regression": ("mse", "mae", "huber", "pinball"),
}
TREE_KEYS = ("cache", "class_weights", "device", "early_stopping", "loss", "metrics", "refit", "replay", "seed")
HEEDED: dict[str, tuple[str, ...]] = {"boosted_trees": TREE_KEYS}  # of families that do not heed every key
TREE_LOSSES: tuple[LossName, ...] = ("cross_entropy", "mse", "mae")
PARAMETERS: dict[str, tuple[str, ...]] = {
    "sgd": (),
    "momentum": ("momentum",),
    "nesterov": ("momentum",),
    "adagrad": ("epsilon",),
    "rmsprop": ("rho", "momentum", "epsilon"),
    "adam": ("beta_1", "beta_2", "epsilon"),
    "adamw": ("beta_1", "beta_2", "epsilon", "weight_decay"),
}


class Constant(Section):
    """The same rate throughout."""

    kind: Literal["constant"]


class Exponential(Section):
    """A rate that falls by `factor` in every `epochs` epochs, a little at each step."""

    kind: Literal["exponential"]
    factor: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.9, description="What is left of it each time.")
    epochs: Epochs = Field(default=1.0, description="In so many epochs; parts of one count.")


class Cosine(Section):
    """A rate that rises from 0 in a straight line, then falls along half a cosine (Loshchilov & Hutter, 2017)."""

    kind: Literal["cosine"]
    warm_up: Decay = Field(default=0.1, description="Share of all steps in which the rate rises.")
    floor: Share = Field(default=0.0, description="Share of the rate that is left at the end.")


class Plateau(Section):
    """A rate that falls by `factor` when the loss of the eval split has not improved for `patience` epochs."""

    kind: Literal["plateau"]
    patience: PositiveInt = Field(default=2, description="Epochs without a better loss, before it falls.")
    factor: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.5, description="What is left of it each time.")
    floor: Share = Field(default=0.0, description="Share of the rate below which it never falls.")


RateSchedule = Annotated[Constant | Exponential | Cosine | Plateau, Field(discriminator="kind")]


class Optimizer(Section):
    """How weights follow gradients; a parameter that is left out has the value that Keras gives it."""

    name: Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"] = Field(
        default="adam", description="Keras' own; momentum and nesterov are sgd with either."
    )
    learning_rate: PositiveFloat = Field(default=1e-3, description="The rate, or the highest that the schedule has.")
    schedule: RateSchedule = Field(
        default=Constant(kind="constant"), description="How the rate changes as the training goes on."
    )
    clip_norm: PositiveFloat | None = Field(default=None, description="The largest norm of all gradients together.")
    clip_value: PositiveFloat | None = Field(default=None, description="The largest size of a gradient's element.")
    momentum: Decay | None = Field(default=None, description="0.9 where the name says momentum or nesterov.")
    rho: Decay | None = Field(default=None, description="Of rmsprop: the decay of the mean of squared gradients.")
    beta_1: Decay | None = Field(default=None, description="Of adam and adamw: the decay of the mean of gradients.")
    beta_2: Decay | None = Field(default=None, description="Of adam and adamw: that of the mean of their squares.")
    epsilon: PositiveFloat | None = Field(
        default=None, description="Of adagrad, rmsprop, adam and adamw: what keeps the division from zero."
    )
    weight_decay: Decay | None = Field(
        default=None, description="Of adamw: share of each weight, times the rate, that a step takes off."
    )

    @model_validator(mode="after")
    def _check_parameters(self) -> "Optimizer":
        known = PARAMETERS[self.name]
        for name in sorted({name for names in PARAMETERS.values() for name in names} - set(known)):
            if getattr(self, name) is not None:
                has = f"it has {', '.join(known)}" if known else "it has none"
                raise ValueError(f"{self.name} has no parameter {name}; {has}")
        if self.clip_norm is not None and self.clip_value is not None:
            raise ValueError("takes clip_norm or clip_value, not both")
        return self


class Loss(Section):
    """What training makes small; without it squared errors of a number, and the cross-entropy of classes."""

    name: LossName = Field(
        description="cross_entropy of classes, hinge of two; mse, mae and huber of a number, pinball of its quantiles.",
    )
    label_smoothing: Decay | None = Field(default=None, description="Of cross_entropy: the share that others get.")
    delta: PositiveFloat | None = Field(
        default=None, description="Of huber: from where on an error counts by its size, in spreads of the label; 1."
    )
    quantiles: Annotated[tuple[float, ...], Strict(False)] | None = Field(
        default=None, description="Of pinball: those of the label, which fills them in."
    )

    @model_validator(mode="after")
    def _check_parameters(self) -> "Loss":
        for name, owner in (("label_smoothing", "cross_entropy"), ("delta", "huber"), ("quantiles", "pinball")):
            if getattr(self, name) is not None and self.name != owner:
                raise ValueError(f"{name} belongs to {owner}, not to {self.name}")
        return self


class EarlyStopping(Section):
    """Stop when the eval split has not improved for more than `patience` epochs, and keep the best weights."""

    patience: NonNegativeInt = Field(description="Epochs without improvement that are borne.")


class Teacher(Section):
    """A published model of this pipeline, or of another in the same storage.root, whose answers are learnt."""

    pipeline: Text | None = Field(default=None, description="Its name; without one, this pipeline.")
    version: PositiveInt | None = Field(default=None, description="Without one, that in service.")

    @model_validator(mode="after")
    def _check_named(self) -> "Teacher":
        if self.pipeline is None and self.version is None:
            raise ValueError("needs a pipeline, a version, or both")
        return self


class Distillation(Section):
    """How a teacher's answers count (Hinton, Vinyals and Dean, 2015, arXiv:1503.02531)."""

    temperature: PositiveFloat = Field(
        default=4.0, description="By which both models' logits are divided: the higher, the more unlikely classes say."
    )
    weight: Share = Field(default=0.9, description="Share of the loss that the teacher has; the label has the rest.")


class Replay(Section):
    """Rows of spans before those that are taken, which are learnt again beside the new ones."""

    spans: PositiveInt = Field(description="Of so many, the last before.")
    share: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="Of the rows that are learnt, how many are of them, where they have as many."
    )


class Federated(Section):
    """Training in rounds by clients that see no rows but their own (McMahan et al., 2017), here as a simulation."""

    clients: Text = Field(description="The column that says whose a row is; it is no feature.")
    rounds: PositiveInt = Field(
        description="How often clients train and their weights are averaged; epochs say it not."
    )
    fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Of the clients, drawn anew for each round; one at least."
    )
    local_epochs: PositiveInt = Field(default=1, description="How often a client sees its rows in a round.")
    proximal: NonNegativeFloat = Field(
        default=0.0,
        description="What a loss gains by half the square of the way from the weights of all (FedProx; Li et al., "
        "2020): for clients that are unlike.",
    )


class Training(Section):
    """How long and how a model is fitted."""

    batch_size: PositiveInt | Literal["auto"] = Field(
        default=256, description="auto: 32 to 1024 by the number of rows, halved until a step fits into the memory."
    )
    epochs: PositiveInt = Field(default=5, description="How often all rows of the training split are seen, at most.")
    steps: PositiveInt | None = Field(default=None, description="How many batches, whatever `epochs` says.")
    optimizer: Optimizer = Optimizer()
    loss: Loss | None = None
    class_weights: Literal["balanced"] | dict[Text, PositiveFloat] | None = Field(
        default=None, description="How much a training row of each class counts, 1 where it is not named."
    )
    metrics: Annotated[tuple[TrainingMetric, ...], Strict(False)] | None = Field(
        default=None, description="What is told of each epoch."
    )
    early_stopping: EarlyStopping | None = None
    teacher: Teacher | None = Field(
        default=None, description="A model that teaches: its answers are learnt beside the labels."
    )
    distillation: Distillation = Distillation()
    refit: bool = Field(
        default=False,
        description="What is served is trained anew, on the rows of all splits, for the epochs that were best; what is "
        "judged is the model that has not seen the test split.",
    )
    federated: Federated | None = Field(
        default=None, description="Clients train, each on its own rows, and their weights are averaged."
    )
    replay: Replay | None = Field(
        default=None, description="Rows of earlier spans are learnt again, so that they are not forgotten."
    )
    cache: Literal["auto", "memory", "none"] = Field(
        default="auto",
        description="Where rows are kept between epochs; auto: in memory up to a quarter of what is free, by the "
        "machine and by the limits of the container.",
    )
    shuffle: PositiveInt = Field(
        default=100_000,
        description="Of so many rows the next is drawn, and of 128 MB at most, where they are not in memory.",
    )
    warm_start: bool = Field(
        default=False,
        description="Begin with the weights of the version in service, where there is one; after a refit, with those "
        "that judged it, which have not seen the test split.",
    )
    checkpoint_every: PositiveInt = Field(
        default=1000, description="Steps after which the state of the training is kept, to go on from after a kill."
    )
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = Field(
        default="float32",
        description="What layers compute in while they train; what is served is float32.",
    )
    jit_compile: bool | None = Field(
        default=None, description="Compile a step by XLA; without it, on an accelerator where the model allows it."
    )
    steps_per_execution: PositiveInt | Literal["auto"] = Field(
        default="auto",
        description="How many steps run before Python hears of them; `steps` and epochs are rounded up. "
        "auto: up to ten, as far as nothing needs to be rounded, on one device.",
    )
    device: Literal["auto", "cpu", "gpu", "tpu"] = Field(
        default="auto", description="What trains, and fails where it is absent; auto: GPUs, and the CPU without any."
    )
    replicas: PositiveInt | None = Field(
        default=None, description="How many devices share each batch; all GPUs or TPU cores without it."
    )
    workers: PositiveInt = Field(
        default=1,
        description="How many processes share each batch, each with its own part of the rows; on the CPU of one "
        "machine, or in a cluster each on that of a pod of its own.",
    )
    seed: Annotated[int, Field(ge=0, lt=2**32)] = Field(
        default=0,
        description="Of all that is drawn in a training; equal ones give equal weights on one CPU.",
    )

    @model_validator(mode="after")
    def _check_federated(self) -> "Training":
        if self.federated is None:
            return self
        rate, steps = self.optimizer.schedule.kind, self.steps_per_execution
        wrong = {
            "optimizer.schedule": rate in ("exponential", "cosine") and f"each client begins anew, and {rate} does not",
            "steps": self.steps and "it has rounds",
            "steps_per_execution": steps not in ("auto", 1) and "weights are averaged between steps",
            "cache": self.cache == "none" and "rows are told apart in memory",
            "refit": self.refit and "all rows would come together",
        }
        _refuse_beside("federated", wrong)
        return self

    @model_validator(mode="after")
    def _check_workers(self) -> "Training":
        if self.workers == 1:
            return self
        wrong = {
            "batch_size": self.batch_size != "auto" and self.batch_size % self.workers and "each takes an equal part",
            "federated": self.federated and "each client trains alone",
            "teacher": self.teacher and "nobody has tried it",
            "precision": self.precision != "float32" and "they are CPUs",
            "jit_compile": self.jit_compile and "XLA does not compile what they do together",
            "steps_per_execution": self.steps_per_execution not in ("auto", 1) and "they meet at each step",
            "device": self.device in ("gpu", "tpu") and "they are CPUs; replicas shares a batch among GPUs",
            "replicas": (self.replicas or 1) > 1 and "each has one device",
        }
        _refuse_beside(f"workers: {self.workers}", wrong)
        return self

    @property
    def watches(self) -> bool:
        """Whether the rows that are looked at after each epoch decide anything."""
        return self.early_stopping is not None or self.optimizer.schedule.kind == "plateau"

    def check(self, kind: str, classes: Collection[str]) -> None:
        """Raises ValueError for what does not fit a label of this kind and these classes."""
        if self.loss and self.loss.name not in LOSSES[kind]:
            raise ValueError(
                f"the loss {self.loss.name} does not fit a {kind} label; what does: {', '.join(LOSSES[kind])}"
            )
        if self.teacher and kind == "regression":
            raise ValueError("a teacher says how likely each class is, and a number has none: leave teacher out")
        if self.teacher and self.loss and self.loss.name == "hinge":
            raise ValueError("the loss hinge does not learn how likely a class is: with a teacher take cross_entropy")
        for metric in self.metrics or ():
            if metric not in FITTING[kind]:
                raise ValueError(f"'{metric}' tells nothing of a {kind} label; what does: {', '.join(FITTING[kind])}")
        if self.class_weights and kind not in ("binary", "multiclass"):
            raise ValueError(f"class_weights weigh rows by their one class, which a {kind} label does not have")
        unknown = sorted({*(self.class_weights or ())} - {*classes}) if isinstance(self.class_weights, dict) else ()
        if unknown:
            raise ValueError(
                f"class_weights names '{unknown[0]}', which is no class; the classes are {', '.join(classes)}"
            )

    def tell(self, quantiles: tuple[float, ...] | None) -> "Training":
        """Returns the training of a number whose quantiles are told, if they are: by the pinball loss.

        Raises ValueError for another loss, and for metrics, which are of one number.
        """
        chosen = self.loss and self.loss.name
        if not quantiles:
            if chosen == "pinball":
                raise ValueError("the loss pinball is that of quantiles: name them in label.quantiles")
            return self
        if self.loss and self.loss.quantiles not in (None, quantiles):
            raise ValueError(f"the loss has the quantiles {self.loss.quantiles}, and the label others: leave them out")
        if chosen not in (None, "pinball"):
            raise ValueError(f"the loss {chosen} learns one number, and label.quantiles names several: leave it out")
        if self.metrics:
            raise ValueError(
                f"'{self.metrics[0]}' tells of one number, and label.quantiles names several: leave it out"
            )
        return self.model_copy(update={"loss": Loss(name="pinball", quantiles=quantiles), "metrics": ()})

    def suit(self, family: str) -> "Training":
        """Returns the training of a model of this family, by the CPU where nothing else can do it.

        Raises ValueError for keys that the family does not heed, where they are not as they are by default.
        """
        heeded = HEEDED.get(family)
        if heeded is None:
            return self
        changed = [name for name, field in type(self).model_fields.items() if getattr(self, name) != field.default]
        others = [name for name in changed if name not in heeded]
        if others:
            raise ValueError(f"{family} does not heed {', '.join(others)}: leave out; it heeds {', '.join(heeded)}")
        if self.device not in ("auto", "cpu"):
            raise ValueError(f"{family} is trained by the CPU: leave device out")
        if self.loss and (self.loss.name not in TREE_LOSSES or self.loss.label_smoothing):
            raise ValueError(f"{family} has no such loss; what it has: {', '.join(TREE_LOSSES)}, without smoothing")
        return self.model_copy(update={"device": "cpu"})


def _refuse_beside(name: str, wrong: Mapping[str, Any]) -> None:
    """Raises ValueError for the first key of training that something does not go with: one that has a reason why."""
    for key, why in wrong.items():
        if why:
            raise ValueError(f"{name} does not go with training.{key}: {why}")
