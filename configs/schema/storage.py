"""The part of the schema that says where a pipeline keeps what it leaves, and how much of it."""

from pydantic import Field, PositiveInt, model_validator

from configs.copies import is_url
from configs.home import WORKSPACE
from configs.schema.section import Section, Text


class Keep(Section):
    """How many are kept, the newest; of what is not named, all.

    What is in service, what it was judged against, what a rollback needs and what the cache answers with is kept as
    well.
    """

    versions: PositiveInt | None = Field(default=None, description="Versions that can be rolled back to.")
    runs: PositiveInt | None = Field(default=None, description="Runs with their logs, records and reports.")
    artifacts: PositiveInt | None = Field(
        default=None, description="Runs whose artifacts are kept, which `promote --run` and the cache need."
    )


class Storage(Section):
    """Where runs, metadata and served versions lie."""

    root: Text = Field(
        default=WORKSPACE,
        description="A folder, or gs://, s3://; each pipeline has one of its name in it. The default lies beside the "
        "YAML, or in the nearest folder above in which pipelines work.",
    )
    metadata: Text | None = Field(default=None, description="mysql://USER:PASSWORD@HOST:PORT/DATABASE; SQLite without.")
    keep: Keep | None = Field(
        default=None, description="What stays when a run has ended, or by `millrace clean --keep`; all without."
    )

    @model_validator(mode="after")
    def _check_keep(self) -> "Storage":
        if self.keep and is_url(self.root):
            raise ValueError(
                f"keeps a number of versions, runs or artifacts, which {self.root} has rules of its own for"
            )
        return self
