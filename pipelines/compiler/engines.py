"""What each engine does of what a config asks for, by key: the releases of Kubeflow Pipelines, and Vertex AI.

An engine that does not know a field refuses all of a file, or drops the field, or all fields, in silence; so what it
does not do is refused here, by the name of the key. docs/kubeflow.md shows the table.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from configs.errors import ConfigError
from configs.loading.yaml_document import Document
from configs.schema.cluster import RELEASES, order
from configs.schema.config import Config

ALWAYS = RELEASES[0]
STAYS = "Leave it out"


@dataclass(frozen=True)
class Feature:
    """From which release on Kubeflow Pipelines does what a key says, and whether Vertex AI does.

    `field` is what the key becomes in the platform's document, where not all supported releases read it.
    """

    since: str
    vertex: bool
    field: str = ""


# Read in kubernetes_platform/proto, api/v2alpha1/pipeline_spec.proto and backend/src/v2 of each release of
# kubeflow/pipelines; and in https://cloud.google.com/vertex-ai/docs/pipelines/machine-types. Pod affinity is in the
# proto of all releases and read by none, and a priority class is in none.
FEATURES = {
    "resources.cpu": Feature(ALWAYS, True),
    "resources.memory": Feature(ALWAYS, True),
    "resources.requests": Feature(ALWAYS, False),
    "resources.ephemeral_storage": Feature(ALWAYS, False),
    "resources.accelerator": Feature(ALWAYS, True),
    "resources.node_pool": Feature(ALWAYS, True),
    "resources.node_selector": Feature(ALWAYS, False),
    "resources.tolerations": Feature(ALWAYS, False),
    "resources.affinity": Feature(ALWAYS, False),
    "resources.shared_memory": Feature(ALWAYS, False),
    "resources.retries": Feature(ALWAYS, True),
    "resources.backoff": Feature(ALWAYS, True),
    "resources.timeout": Feature(ALWAYS, False),
    "resources.env": Feature(ALWAYS, False),
    "resources.volumes": Feature(ALWAYS, False),
    "resources.labels": Feature(ALWAYS, False),
    "resources.annotations": Feature(ALWAYS, False),
    "resources.image_pull_policy": Feature(ALWAYS, False),
    "resources.image_pull_secrets": Feature(ALWAYS, False),
    "resources.user": Feature("2.16", False, "securityContext"),
    "resources.group": Feature("2.16", False, "securityContext"),
    "cluster.deadline": Feature("2.17", False, "pipelineConfig.activeDeadlineSeconds"),
    "cluster.ttl": Feature("2.17", False, "pipelineConfig.resourceTtlOnCompletion"),
}


def reads(release: str, key: str) -> bool:
    """Tells whether a release of Kubeflow Pipelines does what a key of a config says."""
    return order(release) >= order(FEATURES[key].since)


def refuse_unread(config: Config, document: Document) -> None:
    """Raises ConfigError for what the release of Kubeflow Pipelines that the config names does not do."""
    for key, where in _asked(config, document):
        if not reads(config.cluster.version, key):
            name, since = key.rpartition(".")[2], FEATURES[key].since
            what = f"Kubeflow Pipelines {config.cluster.version} does not know '{name}', {since} does"
            raise ConfigError(what, where, f"{STAYS}, or correct cluster.version.")


def refuse_absent(config: Config, document: Document) -> None:
    """Raises ConfigError for what Vertex AI does not do."""
    for key, where in _asked(config, document):
        if not FEATURES[key].vertex:
            owner, name = key.split(".")
            thing = "a step" if owner == "resources" else "a run"
            raise ConfigError(f"Vertex has nothing like '{name}' for {thing}", where, f"{STAYS}.")


def refuse_server(documents: Iterable[dict[str, Any]], release: str | None, host: str) -> None:
    """Raises ConfigError where a server cannot run a compiled file; of one that names no release nothing is known."""
    found = re.match(r"v?(\d+\.\d+)", release or "")
    if not found:
        return
    if order(found[1]) < order(RELEASES[0]):
        what = f"Kubeflow Pipelines {release} is too old: {RELEASES[0]} is the oldest that runs a pipeline of ours"
        raise ConfigError(what, host, "It drops labels, retries and more in silence. Upgrade it.")
    present = _fields(documents)
    for key, feature in FEATURES.items():
        if feature.field in present and not reads(found[1], key):
            what = f"Kubeflow Pipelines {release} does not know '{feature.field}', which {key} becomes"
            raise ConfigError(what, host, f"Compile for it: cluster.version: '{found[1]}'.")


def write_table() -> str:
    """Returns the table as the documentation has it."""
    lines = [f"| key | {' | '.join(RELEASES)} | Vertex AI |", f"|---|{'---|' * (len(RELEASES) + 1)}"]
    for key, feature in FEATURES.items():
        does = [*(reads(release, key) for release in RELEASES), feature.vertex]
        lines.append(f"| `{key}` | {' | '.join('yes' if each else 'no' for each in does)} |")
    return "\n".join(lines) + "\n"


def _asked(config: Config, document: Document) -> Iterator[tuple[str, str]]:
    """The keys of the table that a config gives a value, and where."""
    sections = [(("resources", step), own) for step, own in config.resources.items()]
    for path, section in [*sections, (("cluster",), config.cluster)]:
        for name in sorted(section.model_fields_set):
            key = f"{path[0]}.{name}"
            if key in FEATURES and getattr(section, name) not in (None, {}, ()):
                yield key, document.where((*path, name))


def _fields(documents: Iterable[dict[str, Any]]) -> set[str]:
    """The fields of the platform's document: of its executors, and of the pipeline as a whole."""
    found = set[str]()
    for document in documents:
        platform = document.get("platforms", {}).get("kubernetes", {})
        found |= {f for each in platform.get("deploymentSpec", {}).get("executors", {}).values() for f in each}
        found |= {f"pipelineConfig.{name}" for name in platform.get("pipelineConfig", {})}
    return found
