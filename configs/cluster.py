"""The parts of the schema that only a cluster reads: when a pipeline runs, and where it keeps things."""

import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, field_validator

from configs.resources import SecretKey
from configs.section import Section, Text


class Schedule(Section):
    """When the pipeline runs by itself in a cluster."""

    cron: str
    time_zone: str = "UTC"

    @field_validator("cron")
    @classmethod
    def _check_cron(cls, cron: str) -> str:
        if len(cron.split()) != 5:
            raise ValueError(f"'{cron}' is no cron expression of five fields, like '0 3 * * 1'")
        try:
            CronSim(cron, datetime.now())
        except CronSimError as error:
            raise ValueError(f"'{cron}' is no cron expression: {str(error).lower()}") from None
        return cron

    @field_validator("time_zone")
    @classmethod
    def _check_time_zone(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{time_zone}' is no time zone, like 'UTC' or 'Europe/Zurich'") from None
        return time_zone


def _check_secret(name: str) -> str:
    if not re.fullmatch(r"projects/[^/]+/secrets/[^/]+/versions/[^/]+", name):
        raise ValueError(f"'{name}' names no secret, like 'projects/PROJECT/secrets/NAME/versions/latest'")
    return name


class Vertex(Section):
    """Where the pipeline lies in Vertex AI; secrets are in Google's Secret Manager there."""

    project: Text
    location: Text
    service_account: Text | None = Field(default=None, description="Its e-mail address; else the project's default.")
    network: Text | None = Field(
        default=None, description="projects/NUMBER/global/networks/NAME, from which a private Cloud SQL is reached."
    )
    metadata: Annotated[str, AfterValidator(_check_secret)] = Field(
        description="The secret that holds mysql://USER:PASSWORD@HOST:PORT/DATABASE."
    )


class Cluster(Section):
    """Where the pipeline lies in a cluster: the counterpart of `storage`, and how Kubeflow Pipelines is reached."""

    root: Text = Field(
        default="/workspace", description="Stands for storage.root: a folder on a volume, or gs://, s3://."
    )
    claim: Text = Field(default="millrace", description="The volume claim that is mounted at a root that is a folder.")
    metadata: SecretKey = Field(
        default=SecretKey(secret="millrace-metadata", key="url"),
        description="Holds mysql://USER:PASSWORD@HOST:PORT/DATABASE, which stands for storage.metadata.",
    )
    host: Text | None = Field(default=None, description="The URL of Kubeflow Pipelines; else --host.")
    namespace: Text = "kubeflow"
    experiment: Text = "Default"
    service_account: Text = "millrace"
    vertex: Vertex | None = Field(default=None, description="Needed by --engine vertex alone.")
