"""The part of the schema that says where else a run is told of."""

from typing import Annotated

from pydantic import Field, field_validator

from configs.schema.section import Section, Text


class Tracking(Section):
    """Experiment trackers that a run's figures are sent to as well when it ends."""

    mlflow: Annotated[str, Field(pattern=r"^https?://")] | None = Field(
        default=None,
        description="An MLflow tracking server: parameters, metrics by epoch, tags, artifacts, the version. For a "
        "login, MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, in the environment.",
    )
    experiment: Text | None = Field(default=None, description="Its experiment; without, one of the pipeline's name.")

    @field_validator("mlflow")
    @classmethod
    def _check_server(cls, server: str | None) -> str | None:
        if server and "@" in server:
            raise ValueError(
                "holds a login, which belongs into the environment: MLFLOW_TRACKING_USERNAME and _PASSWORD"
            )
        return server
