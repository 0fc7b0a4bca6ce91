"""The part of the schema that says what of a column may enter a pipeline at all, and what a model may tell of a row."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import reduce
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from configs.schema.features import Feature
from configs.schema.section import Section, Text, is_named
from configs.schema.training import Training

Delta = Annotated[float, Field(gt=0, lt=1)]


class Key(Section):
    """A secret key, by the name of the environment variable that holds it; the key itself stands nowhere."""

    key_env: Text = Field(description="The environment variable that holds the key, of 16 characters or more.")
    key_digest: Annotated[str, Field(pattern="^[0-9a-f]{12}$")] | None = Field(
        default=None, description="Tells the key from others; a run without it says what to write."
    )


class Code(Section):
    """A value becomes another, by one of these."""

    hash: Key | None = Field(
        default=None, description="A code: equal for equal values, and a guess is told by the key alone."
    )
    bin: PositiveFloat | None = Field(
        default=None, description="Of a number, the lower end of its bin, which is so wide: of 10, 37 becomes 30."
    )


Mask = Code | Literal["drop", "redact"]
FITTING = {
    "hash": "a categorical feature that is learnt or hashed, the group, or a slice",
    "bin": "a numeric feature without an offset",
    "redact": "a feature of kind text or categorical",
}
UNFIT = {  # keys beside which a budget would not hold, and why
    "data.window": "one row would be in several examples",
    "model.augment.mixes": "a row that is learnt would be made of two",
    "model.batch_norm": "what it keeps of a batch is of many rows, without noise",
    "training.federated": "each client has rows of another count",
    "training.jit_compile": "no two batches are of one size, and each would be compiled",
    "training.refit": "rows would be learnt from twice",
    "training.teacher": "what it knows of rows is not counted",
    "training.warm_start": "what the version in service has spent is not counted",
    "evaluation.backtest": "rows would be learnt from several times",
    "evaluation.folds": "rows would be learnt from several times",
}
COUNTED = ("batch_size", "epochs", "steps")  # keys of training that decide how often a row is seen
FAMILIES = {
    "boosted_trees": "trees are grown without noise",
    "rnn": "recurrent layers have no gradient of each row by itself here; cnn and attention of kind self do",
}
FEWEST = 32  # rows of a batch on average: the chance that none is drawn is then 1e-14


class Budget(Section):
    """What trainings may tell of any of their rows: epsilon, and with a chance of delta more."""

    epsilon: PositiveFloat
    delta: Delta | Literal["auto"]
    clip: PositiveFloat
    trainings: PositiveInt = 1

    def check(self, sections: Mapping[str, Any]) -> None:
        """Raises ValueError for what it does not hold beside, by sections of a config: model and training, or more."""
        model, training = sections["model"], sections["training"]
        for key, why in UNFIT.items():
            section, *names = key.split(".")
            if reduce(lambda found, name: getattr(found, name, None), names, sections.get(section)):
                raise ValueError(f"privacy.epsilon does not go with {key}: {why}")
        if model.family in FAMILIES:
            raise ValueError(f"privacy.epsilon does not go with model.family {model.family}: {FAMILIES[model.family]}")
        if training.batch_size == "auto" or training.batch_size < FEWEST:
            raise ValueError(f"privacy.epsilon needs a training.batch_size of {FEWEST} or more; 1024 suits it better")
        for key, usual in (("precision", "float32"), ("steps_per_execution", "auto")):
            if getattr(training, key) != usual:
                raise ValueError(f"privacy.epsilon does not go with training.{key}: leave it out")
        if training.cache == "none" or training.device == "tpu" or max(training.replicas or 1, training.workers) > 1:
            what = "privacy.epsilon draws rows from memory, on one device"
            raise ValueError(f"{what}: leave cache, replicas and workers out")

    def suit(self, training: Training) -> Training:
        """Returns the training of rows that are drawn by chance: from memory, on one device."""
        return training.model_copy(update={"cache": "memory", "replicas": 1, "jit_compile": False})


class Privacy(Section):
    """What becomes of a column before anything of it is written, and what a model may tell of a row."""

    columns: dict[Text, Mask] = Field(
        default={},
        description="By column or pattern: drop, which keeps it out of all patterns; {hash: {key_env: NAME}}; "
        "{bin: 10}; or redact, which takes e-mail addresses, phone, card and IBAN numbers out of a text.",
    )
    epsilon: PositiveFloat | None = Field(
        default=None,
        description="What the weights may tell of any row that trains, by differential privacy: 1 is little, 10 much. "
        "The noise follows of it; a training never spends more.",
    )
    delta: Delta | Literal["auto"] = Field(
        default="auto", description="The chance that they tell more; auto: one in the rows that train."
    )
    clip: PositiveFloat = Field(default=1.0, description="The longest gradient that a row may have.")

    @model_validator(mode="after")
    def _check_budget(self) -> "Privacy":
        if self.epsilon is None and (self.delta != "auto" or self.clip != 1.0):
            raise ValueError("has delta or clip, which are of epsilon: add it")
        return self

    def find_budget(self, trainings: int) -> Budget | None:
        """Returns what so many trainings from the same rows may tell; None where nothing is counted."""
        if self.epsilon is None:
            return None
        return Budget(epsilon=self.epsilon, delta=self.delta, clip=self.clip, trainings=trainings)

    def check_sections(self, sections: Mapping[str, Any]) -> None:
        """Raises ValueError for epsilon beside what it does not fit, by sections of the config."""
        budget = self.find_budget(1)
        if budget is None:
            return
        budget.check(sections)
        tuning, compress = sections["tuning"], sections["compress"]
        if tuning and (tuning.total is None or any(f"training.{key}" in tuning.space for key in COUNTED)):
            raise ValueError(
                "privacy.epsilon counts every trial, of which all have to be alike: search at random or bayesian, and "
                f"none of {', '.join(COUNTED)}"
            )
        if compress and compress.lite == "int8":
            raise ValueError("privacy.epsilon does not go with compress.lite int8, which measures rows: take float16")

    def check(self, features: Mapping[str, Feature], others: Collection[str], whole: Collection[str]) -> None:
        """Raises ValueError for a mask that does not fit its columns.

        `others` are groups and slices that are no features; `whole` is what no mask may be laid over.
        """
        for pattern, mask in self.columns.items():
            if isinstance(mask, Code) and (mask.hash is None) == (mask.bin is None):
                raise ValueError(f"'{pattern}' takes one of hash and bin")
            what = f"{name_mask(mask)} of '{pattern}'"
            found = [name for name in whole if is_named(name, pattern)]
            named = [name for name in (*features, *others) if is_named(name, pattern)]
            if mask == "drop":
                if found or named:
                    raise ValueError(f"{what}: '{(found or named)[0]}' is named elsewhere: take it out there")
                continue
            if found:
                raise ValueError(f"{what}: '{found[0]}' is needed as it is")
            matched = [*named, *(name for name in features if is_named(pattern, name) and name not in named)]
            if not matched:
                near = "".join(f"; did you mean '{name}'?" for name in get_close_matches(pattern, features, 1))
                raise ValueError(f"{what}, which is no feature, group or slice{near}")
            if not all(fits(mask, features.get(name)) for name in matched):
                raise ValueError(f"{what}, which is not {FITTING[name_mask(mask)]}")


def name_mask(mask: Mask) -> str:
    """Returns what a mask is called."""
    if isinstance(mask, Code):
        return "hash" if mask.hash else "bin"
    return mask


def fits(mask: Mask, feature: Feature | None) -> bool:
    """Whether a mask can be laid over a feature; without one, over a column of values, as a group is."""
    match name_mask(mask):
        case "hash":
            return feature is None or (feature.kind == "categorical" and feature.ids is None)
        case "bin":
            return feature is not None and feature.kind == "numeric" and not feature.offset
    return feature is not None and feature.kind in ("text", "categorical")
