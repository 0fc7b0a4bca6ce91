"""The part of the schema that says where a pipeline lies in a cluster, and how that is reached."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from configs.schema.access import Access
from configs.schema.resources import SecretKey
from configs.schema.schedule import TimeZone
from configs.schema.section import Section, Text


def _check_secret(name: str) -> str:
    if not re.fullmatch(r"projects/[^/]+/secrets/[^/]+/versions/[^/]+", name):
        raise ValueError(f"'{name}' names no secret, like 'projects/PROJECT/secrets/NAME/versions/latest'")
    return name


class Vertex(Section):
    """Where the pipeline lies in Vertex AI; secrets are in Google's Secret Manager there."""

    project: Text = Field(description="The Google Cloud project's id.")
    location: Text = Field(description="The region, such as europe-west4.")
    service_account: Text | None = Field(default=None, description="Its e-mail address; else the project's default.")
    network: Text | None = Field(
        default=None, description="projects/NUMBER/global/networks/NAME, from which a private Cloud SQL is reached."
    )
    metadata: Annotated[str, AfterValidator(_check_secret)] = Field(
        description="The secret that holds mysql://USER:PASSWORD@HOST:PORT/DATABASE."
    )


def _check_host(host: str) -> str:
    url = urlsplit(host)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"'{host}' is no URL, like 'https://kubeflow.example.org/pipeline'")
    if url.username or url.password:
        raise ValueError("holds no password: cluster.access says where a secret lies")
    return host.rstrip("/")


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
    host: Annotated[str, AfterValidator(_check_host)] | None = Field(
        default=None, description="The URL of Kubeflow Pipelines; else --host."
    )
    access: Access | None = Field(default=None, description="How it learns who asks; without, it asks nobody.")
    ca_file: Text | None = Field(default=None, description="Certificates in PEM that vouch for the host's own.")
    time_zone: TimeZone = Field(
        default="UTC", description="In which its scheduler reads a cron: CRON_SCHEDULE_TIMEZONE of that deployment."
    )
    namespace: Text = Field(default="kubeflow", description="The Kubernetes namespace that its runs are in.")
    experiment: Text = Field(default="Default", description="The experiment that its runs are listed under.")
    service_account: Text = Field(default="millrace", description="The Kubernetes service account of its steps.")
    vertex: Vertex | None = Field(default=None, description="Needed by --engine vertex alone.")
