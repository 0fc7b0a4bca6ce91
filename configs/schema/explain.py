"""The part of the schema that says how long may be spent on saying why a model answers as it does."""

from pydantic import Field

from configs.schema.section import Section


class Explain(Section):
    """What a run tells of its model: which features it relies on, and how its answers go with them."""

    seconds: float = Field(
        default=1.5, gt=0, description="CPU seconds of the Evaluator, at most; the less, the fewer rows and features."
    )
