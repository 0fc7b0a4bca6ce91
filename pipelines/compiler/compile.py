"""A config as a file that Kubeflow Pipelines or Vertex AI runs: a container for each node, known without TensorFlow."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from configs.copies import is_url
from configs.errors import ConfigError
from configs.schema.accelerators import Accelerator
from pipelines.compiler import kubernetes_platform, vertex
from pipelines.compiler.container_plan import Container, Plan, plan_containers
from pipelines.compiler.engines import refuse_unread
from pipelines.compiler.pipeline_spec import specify
from pipelines.compiler.workflow_size import refuse_large

RESOURCES = {"gpu": "nvidia.com/gpu", "tpu": "google.com/tpu"}  # what Kubernetes counts them by


def compile_pipeline(
    path: str,
    overrides: Sequence[str] = (),
    engine: str = "kubeflow",
    image: str | None = None,
    scheduled: bool = False,
) -> str:
    """Returns the file of a config for an engine; the same config, code and packages give the same text.

    `image` is a template that stands for the config's own. A run of a file that is made `scheduled` asks the config's
    schedule first whether to train. A ConfigError names what could not run there.
    """
    plan = plan_containers(path, overrides, image, scheduled)
    documents = ENGINES[engine](plan)
    return "---\n".join(_to_yaml(document) for document in documents)


def describe(plan: Plan) -> list[dict[str, Any]]:
    """Returns the two documents of a file for Kubeflow Pipelines: the pipeline, and what it needs of Kubernetes."""
    cluster = plan.config.cluster
    if not is_url(cluster.root) and not cluster.root.startswith("/"):
        what = f"'{cluster.root}' is relative to a folder that a container loses"
        remedy = "Write the folder that cluster.claim is mounted at, like /workspace, or a URL like gs://."
        raise ConfigError(what, plan.document.where(("cluster", "root")), remedy)
    if plan.config.training.workers > 1:
        _check_workers(plan)
    for container in plan.containers:
        volumes = container.resources.volumes
        if not is_url(cluster.root) and (cluster.root in volumes or cluster.claim in volumes.values()):
            where = plan.document.where(("resources", container.owner, "volumes"))
            raise ConfigError(f"'{cluster.claim}' is mounted at '{cluster.root}' already", where, "Leave it out.")
    refuse_unread(plan.config, plan.document)
    specification, platform = specify(plan, _accelerate), kubernetes_platform.describe(plan)
    refuse_large(specification, platform, {}, plan.document.place(("features",))[0])
    return [specification, platform]


def _check_workers(plan: Plan) -> None:
    """Raises ConfigError where pods cannot share a training."""
    where, root = plan.document.where(("training", "workers")), plan.config.cluster.root
    if is_url(root):
        what = f"training.workers meet in a folder that all see, and of '{root}' each step has a copy"
        remedy = "Set cluster.root to the folder that cluster.claim is mounted at, or leave workers out."
        raise ConfigError(what, where, remedy)
    if any(container.owner == "Trainer" and container.resources.accelerator for container in plan.containers):
        what = "training.workers compute on the CPU, and each would leave the Trainer's accelerator idle"
        raise ConfigError(what, where, "Leave out workers, or the accelerator of resources.Trainer.")


ENGINES: dict[str, Callable[[Plan], list[dict[str, Any]]]] = {"kubeflow": describe, "vertex": vertex.describe}


def _accelerate(_: Container, accelerator: Accelerator) -> str:
    return RESOURCES[accelerator.kind]


def _to_yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=float("inf"), allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writes text so that every reader of YAML takes it for text, and lines as lines."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        plain = re.fullmatch(r"[A-Za-z_/][\w./:-]+", text, re.ASCII)
        return self.represent_scalar("tag:yaml.org,2002:str", text, "|" if "\n" in text else None if plain else "'")

    yaml_representers = {**yaml.SafeDumper.yaml_representers, str: represent_text}
