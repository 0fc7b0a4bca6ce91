"""The model families of a pipeline's YAML, one section each."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt, Strict, ValidationInfo, field_validator, model_validator

from configs.schema.augmentation import Augmentation
from configs.schema.features import Feature, Steps
from configs.schema.section import Section, Text, is_named

Activation = Literal[
    "elu", "gelu", "leaky_relu", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh"
]
Units = Annotated[tuple[PositiveInt, ...], Strict(False)]
Layers = Annotated[Units, Field(min_length=1)]
Cross = Annotated[tuple[Text, ...], Strict(False), Field(min_length=2)]


class Architecture(Section):
    """What every family has."""

    l1: NonNegativeFloat = Field(default=0.0, description="What the loss gains by the size of each weight.")
    l2: NonNegativeFloat = Field(default=0.0, description="What the loss gains by the square of each weight.")
    augment: Augmentation | None = Field(default=None, description="How training rows are changed at random.")


class Linear(Architecture):
    """A generalised linear model."""

    family: Literal["linear"]


class Network(Architecture):
    """What every family with hidden layers has."""

    needs_layers: ClassVar[bool] = False  # whether it is nothing without a dense layer

    hidden_units: Units | None = Field(default=None, description="The width of each dense layer, from input to output.")
    depth: PositiveInt | None = Field(default=None, description="In place of hidden_units: how many there are.")
    width: PositiveInt | None = Field(default=None, description="Of each of `depth` layers.")
    residual: bool = Field(
        default=False,
        description="A dense layer adds to what it is given, of which it sees each row normalised: for many layers.",
    )
    activation: Activation = Field(default="relu", description="Of hidden layers and convolutions.")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of what a hidden layer says that is dropped in training."
    )
    batch_norm: bool = Field(default=False, description="Normalise what each hidden layer and convolution sums up.")
    embedding: PositiveInt = Field(default=8, description="The width of each category's and each word's embedding.")

    @model_validator(mode="after")
    def _check_layers(self) -> "Network":
        if (self.depth is None) != (self.width is None):
            raise ValueError("takes depth and width together: so many dense layers, each of that width")
        if self.depth and self.hidden_units:
            raise ValueError("takes hidden_units, or depth and width")
        if self.needs_layers and not self.widths:
            raise ValueError("needs hidden_units, or depth and width")
        if self.residual and self.batch_norm:
            raise ValueError("of residual layers normalises each row by itself: leave batch_norm out")
        return self

    @property
    def widths(self) -> tuple[int, ...]:
        """The width of each dense layer, from input to output."""
        return self.hidden_units or (self.width or 0,) * (self.depth or 0)


class Dnn(Network):
    """A stack of dense layers."""

    needs_layers: ClassVar[bool] = True

    family: Literal["dnn"]
    hidden_units: Layers | None = Field(
        default=None, description="The width of each dense layer, from input to output; or take depth and width."
    )
    members: PositiveInt = Field(default=1, description="So many such stacks, whose mean answers: an ensemble.")


class WideDeep(Network):
    """A linear model beside a stack of dense layers."""

    needs_layers: ClassVar[bool] = True

    family: Literal["wide_deep"]
    hidden_units: Layers | None = Field(
        default=None, description="The width of each dense layer, from input to output; or take depth and width."
    )
    crosses: Annotated[tuple[Cross, ...], Strict(False)] = Field(
        default=(), description="Features whose values in combination have weights in the linear part: [[a, b]]."
    )
    cross_buckets: PositiveInt = Field(default=10_000, description="Beyond so many combinations, some share a weight.")


class Convolution(Section):
    """Filters that slide over an image or a sequence, and the pooling of what they find."""

    filters: PositiveInt = Field(description="How many there are.")
    kernel: PositiveInt = Field(default=3, description="How far a filter sees, in pixels or steps.")
    pool: PositiveInt = Field(default=2, description="Of so many pixels or steps (each way) the maximum; 1 is all.")


class Convolutions(Section):
    """Convolutions and pooling, one after another."""

    blocks: Annotated[tuple[Convolution, ...], Strict(False), Field(min_length=1)] = Field(
        description="The convolutions, from input to output."
    )
    padding: Literal["same", "valid"] = Field(default="same", description="`valid` cuts off what a filter overlaps.")
    collapse: Literal["flatten", "average", "max"] = Field(
        default="flatten", description="How what the last block found becomes one vector."
    )


class Cnn(Network, Convolutions):
    """Convolutions over images, sequences and texts, then dense layers."""

    family: Literal["cnn"]


class Recurrent(Section):
    """Layers that read a sequence step by step."""

    cell: Literal["simple", "lstm", "gru"] = Field(default="lstm", description="What each layer is made of.")
    units: Layers = Field(default=(64,), description="The width of each recurrent layer.")
    bidirectional: bool = Field(default=False, description="Read from either end; a layer is then twice as wide.")


class Rnn(Network, Recurrent):
    """Recurrent layers over sequences and texts, whose last state goes through dense layers."""

    family: Literal["rnn"]


class AdditiveAttention(Recurrent):
    """Weighs the steps that recurrent layers read by how they relate to the last state."""

    kind: Literal["additive"]


class SelfAttention(Section):
    """A Transformer's encoder: every step looks at all others."""

    kind: Literal["self"]
    layers: PositiveInt = Field(default=1, description="How many, one above the other.")
    heads: PositiveInt = Field(default=4, description="Of each layer; the width is a multiple of them.")
    width: PositiveInt = Field(default=64, validate_default=True, description="Of a step, in all heads together.")
    feed_forward: PositiveInt = Field(default=128, description="The width of the dense layer within each layer.")

    @field_validator("width")
    @classmethod
    def _check_width(cls, width: int, info: ValidationInfo) -> int:
        heads = info.data.get("heads", 1)
        if width % heads:
            raise ValueError(f"{width} is not divisible by {heads} heads")
        return width


Mechanism = Annotated[AdditiveAttention | SelfAttention, Field(discriminator="kind")]


class Attention(Network):
    """Attention over sequences and texts, then dense layers."""

    family: Literal["attention"]
    mechanism: Mechanism = Field(description="How steps weigh one another.")


class ConvolutionEncoder(Convolutions):
    """Convolutions over an image, a sequence or a text."""

    kind: Literal["cnn"]


class RecurrentEncoder(Recurrent):
    """Recurrent layers over a sequence or a text, of which the last state counts."""

    kind: Literal["rnn"]


class Pretrained(Section):
    """A network of the user's that was trained before, up to one of its layers."""

    kind: Literal["keras"]
    path: Text = Field(description="Its .keras file, whose one input is of the feature's shape; nothing is downloaded.")
    layer: Text | None = Field(
        default=None, description="Whose output is taken; without, what the last layer with weights is given."
    )
    trainable: bool = Field(default=False, description="Whether its own weights go on learning.")
    lora: PositiveInt | None = Field(
        default=None,
        description="The rank of what its layers learn beside their weights (Hu et al., 2021, arXiv:2106.09685).",
    )
    digest: str | None = Field(default=None, description="Of the file; a run fills it in.")


Encoder = Annotated[
    ConvolutionEncoder | RecurrentEncoder | AdditiveAttention | SelfAttention | Pretrained,
    Field(discriminator="kind"),
]
READ = {"cnn": ("text", "sequence", "image"), "keras": ("sequence", "image")}  # kinds of feature, by encoder


class Fused(Network):
    """An encoder for each feature that has an order, whose vectors are joined with all others, then dense layers."""

    family: Literal["fused"]
    encoders: Annotated[dict[Text, Encoder], Field(min_length=1)] = Field(
        description="What reads a feature, by its name: cnn an image, a sequence or a text, keras the first two, all "
        "others the latter two."
    )

    def check(self, kind: str, features: Iterable[tuple[str, Feature]]) -> None:
        """Raises ValueError for an encoder of no feature, or of one that it cannot read."""
        known = dict(features)
        for key, encoder in self.encoders.items():
            found = [feature for name, feature in known.items() if is_named(key, name)]
            if not found:
                near = "".join(f"; did you mean '{name}'?" for name in get_close_matches(key, known, 1))
                raise ValueError(f"fused has an encoder of '{key}', which is no feature{near}")
            readable = READ.get(encoder.kind, ("text", "sequence"))
            unfit = next((feature for feature in found if feature.kind not in readable), None)
            if unfit:
                what = f"fused lets {encoder.kind} read '{key}', of kind {unfit.kind}"
                raise ValueError(f"{what}: it reads {', '.join(readable)}")


class Autoregression(Architecture):
    """A number out of its own past: for each horizon, a linear function of the steps before it.

    They count by how far they lie from the last (NLinear: Zeng et al., 2023), so that the level may move.
    """

    family: Literal["autoregression"]
    season: PositiveInt = Field(
        default=1, description="After how many steps it repeats: training begins with what stood there a season ago."
    )

    def check(self, kind: str, features: Iterable[tuple[str, Feature]]) -> None:
        """Raises ValueError for a label or for features that it cannot learn."""
        if kind != "regression":
            raise ValueError(f"autoregression tells a number, and no {kind} label: choose another family, such as rnn")
        past = next((feature for _, feature in features if isinstance(feature, Steps) and not feature.ids), None)
        if past is None:
            raise ValueError("autoregression reads the steps before a row, and no feature is a sequence of numbers")
        if past.length < self.season:
            what = f"a season of {self.season} steps, and the first sequence has {past.length}"
            raise ValueError(f"autoregression begins with {what}: give that a larger length")


class BoostedTrees(Section):
    """Decision trees, each of which mends what those before it leave: scikit-learn's HistGradientBoosting."""

    l1: ClassVar[float] = 0.0  # what networks have, and trees cannot be given
    l2: ClassVar[float] = 0.0
    augment: ClassVar[None] = None

    family: Literal["boosted_trees"]
    learning_rate: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.1, description="The share of what each tree says that counts."
    )
    max_iter: PositiveInt = Field(
        default=100, description="How many trees are grown at most; of several classes, for each of them."
    )
    max_leaf_nodes: Annotated[int, Field(ge=2)] | None = Field(default=31, description="Leaves of a tree, at most.")
    max_depth: PositiveInt | None = Field(default=None, description="Splits from a tree's root to a leaf, at most.")
    min_samples_leaf: PositiveInt = Field(default=20, description="Training rows in a leaf, at least.")
    l2_regularization: NonNegativeFloat = Field(
        default=0.0, description="What the loss gains by the square of what each leaf says."
    )
    max_features: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="The share of the columns, drawn anew for each split, that it is chosen among."
    )
    max_bins: Annotated[int, Field(ge=2, le=255)] = Field(
        default=255, description="A number is cut at as many places; ids of more values are split as numbers are."
    )

    def check(self, kind: str, features: Iterable[tuple[str, Feature]]) -> None:
        """Raises ValueError for a label or a feature that trees cannot learn."""
        if kind == "multilabel":
            raise ValueError(
                "boosted_trees learns no multilabel label: choose a network, or train a model of a binary label a class"
            )
        for name, feature in features:
            if feature.kind == "text" or (feature.kind == "sequence" and feature.ids):
                what = "a text" if feature.kind == "text" else "a sequence of ids"
                raise ValueError(
                    f"boosted_trees reads numbers, categories and moments, and '{name}' is {what}: "
                    "leave it out, or choose another family, such as dnn"
                )


class Custom(Architecture):
    """A model of the user's own."""

    family: Literal["custom"]
    module: Text = Field(description="A Python file that defines build(options, label, columns).")
    options: dict[str, Any] = Field(default={}, description="What `build` is handed, as it stands here.")
    source: str | None = Field(default=None, description="What the module holds; a run fills it in.")


Model = Annotated[
    Linear | Dnn | WideDeep | Cnn | Rnn | Attention | Fused | Autoregression | BoostedTrees | Custom,
    Field(discriminator="family"),
]
