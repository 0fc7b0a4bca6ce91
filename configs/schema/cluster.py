"""The part of the schema that says where a pipeline lies in a cluster, and how that is reached."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt

from configs.schema.access import Access
from configs.schema.kubernetes import Claim, Name, Namespace, as_text, check_mount, check_told
from configs.schema.resources import SecretKey
from configs.schema.schedule import TimeZone
from configs.schema.section import Section, Text, one_of

RELEASES = ("2.14", "2.15", "2.16", "2.17")  # of Kubeflow Pipelines, that are known and supported; the newest last
LONGEST = 128  # bytes of an experiment's name (apiserver/validation/length.go)


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


def order(release: str) -> tuple[int, ...]:
    """Returns the first two numbers of a release, which can be compared: 2.9 comes before 2.14."""
    return tuple(int(part) for part in re.findall(r"\d+", release)[:2])


def _check_root(root: str) -> str:
    return check_mount(root) if root.startswith("/") else root


def _check_experiment(name: str) -> str:
    if len(name.encode()) > LONGEST:
        raise ValueError(f"'{name}' has {len(name.encode())} bytes, and Kubeflow's experiments at most {LONGEST}")
    return name


class Cluster(Section):
    """Where the pipeline lies in a cluster: the counterpart of `storage`, and how Kubeflow Pipelines is reached."""

    version: Annotated[str, one_of(RELEASES), BeforeValidator(as_text, str | float)] = Field(
        default=RELEASES[-1], description="Of Kubeflow Pipelines, 2.14 to 2.17: what is written is what it reads."
    )
    root: Annotated[Text, AfterValidator(check_told), AfterValidator(_check_root)] = Field(
        default="/workspace", description="Stands for storage.root: a folder on a volume, or gs://, s3://."
    )
    claim: Claim = Field(default="millrace", description="The volume claim that is mounted at a root that is a folder.")
    metadata: SecretKey = Field(
        default=SecretKey(secret="millrace-metadata", key="url"),
        description="Holds mysql://USER:PASSWORD@HOST:PORT/DATABASE, which stands for storage.metadata.",
    )
    host: Annotated[str, AfterValidator(_check_host)] | None = Field(
        default=None, description="The URL of Kubeflow Pipelines; else --host."
    )
    api: Annotated[str, AfterValidator(_check_host)] = Field(
        default="http://ml-pipeline.kubeflow:8888",
        description="Where a pod reaches Kubeflow Pipelines, to pause a schedule whose runs fail.",
    )
    access: Access | None = Field(default=None, description="How it learns who asks; without, it asks nobody.")
    ca_file: Text | None = Field(default=None, description="Certificates in PEM that vouch for the host's own.")
    time_zone: TimeZone = Field(
        default="UTC", description="In which its scheduler reads a cron: CRON_SCHEDULE_TIMEZONE of that deployment."
    )
    namespace: Namespace = Field(default="kubeflow", description="The Kubernetes namespace that its runs are in.")
    experiment: Annotated[Text, AfterValidator(_check_experiment)] = Field(
        default="Default", description="The experiment that its runs are listed under."
    )
    service_account: Name = Field(default="millrace", description="The Kubernetes service account of its steps.")
    steps: Literal["fused", "each"] = Field(
        default="fused",
        description="fused: nodes in a row without resources of their own share a container. each: one a node.",
    )
    deadline: PositiveInt | None = Field(default=None, description="Seconds after which a whole run is stopped.")
    ttl: PositiveInt | None = Field(
        default=None, description="Seconds after a run's end at which Argo forgets its workflow and pods."
    )
    vertex: Vertex | None = Field(default=None, description="Needed by --engine vertex alone.")
