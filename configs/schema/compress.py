"""The part of the schema that says how a trained model is made small."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from configs.schema.section import Section

UNFIT = ("boosted_trees", "custom")  # families that no interpreter of a device is tried with


class Compress(Section):
    """What is made of a model between its training and its judgement: what is judged is what came of it."""

    lite: Literal["float16", "dynamic", "int8"] | None = Field(
        default=None,
        description="A LiteRT file beside the SavedModel, whose weights take so many bits: float16; or 8, with sums in "
        "floats (dynamic), or in whole numbers where it can (int8). It is judged by the same min and max.",
    )
    prune: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="The share of all weights, those that count least in their layer, that becomes 0."
    )

    @model_validator(mode="after")
    def _check_any(self) -> "Compress":
        if self.lite is None and self.prune is None:
            raise ValueError("needs lite, prune, or both")
        return self

    def check(self, family: str, refits: bool) -> None:
        """Raises ValueError for a model that cannot be made small."""
        if family in UNFIT:
            raise ValueError(f"compress makes networks small, and model.family is {family}: leave it out")
        if refits:
            raise ValueError("compress goes with no training.refit and no evaluation.folds: they judge another model")
