"""What the steps need of Kubernetes beyond the specification: the second document of a compiled file, as plain data.

Its fields are those of KubernetesExecutorConfig, as the release that the config names reads it (engines.py). Of those
that are spelt in two ways, the older is written, which every release reads. No field forbids that privileges escalate;
from 2.16 on the backend always does.
"""

from collections.abc import Sequence
from typing import Any

from configs.copies import is_url
from configs.nodes import task
from configs.schema.cluster import Cluster
from configs.schema.kubernetes import METADATA, SHARED_MEMORY
from configs.schema.resources import Affinity, Resources
from pipelines.compiler.container_plan import Container, Plan
from pipelines.compiler.engines import reads
from pipelines.compiler.pipeline_spec import executor


def describe(plan: Plan) -> dict[str, Any]:
    """Returns the platform's document."""
    executors = {executor(each): _describe(each, plan) for each in plan.containers}
    cluster = plan.config.cluster
    whole = _without_none(
        {"activeDeadlineSeconds": cluster.deadline, "resourceTtlOnCompletion": cluster.ttl}  # of 32 bits, no text
    )
    pipeline = {"pipelineConfig": whole} if whole else {}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}, **pipeline}}}


def _describe(container: Container, plan: Plan) -> dict[str, Any]:
    wanted = container.resources
    fields = {
        "secretAsEnv": _secrets(wanted, plan.config.cluster),
        "configMapAsEnv": [
            {"configMapName": source.config_map, "keyToEnv": [{"configMapKey": source.key, "envVar": name}]}
            for name, source in wanted.env.items()
            if source.config_map
        ],
        "pvcMount": _mounts(wanted, plan.config.cluster),
        "emptyDirMounts": _shared_memory(wanted),
        "nodeSelector": {"labels": dict(wanted.node_selector)} if wanted.node_selector else None,
        "tolerations": [toleration.model_dump(exclude_none=True) for toleration in wanted.tolerations],
        "nodeAffinity": _affinity(wanted.affinity),
        "podMetadata": _metadata(container, plan.config.name),
        "imagePullPolicy": wanted.image_pull_policy,
        "imagePullSecret": [{"secretName": name} for name in wanted.image_pull_secrets],
        "activeDeadlineSeconds": _number(wanted.timeout),
        "securityContext": _identity(wanted) if reads(plan.config.cluster.version, "resources.user") else None,
    }
    return {name: value for name, value in fields.items() if value}


def _secrets(wanted: Resources, cluster: Cluster) -> list[dict[str, Any]]:
    keys = {METADATA: (cluster.metadata.secret, cluster.metadata.key)}
    keys |= {name: (source.secret, source.key) for name, source in wanted.env.items() if source.secret}
    return [
        {"secretName": secret, "keyToEnv": [{"secretKey": key, "envVar": name}]} for name, (secret, key) in keys.items()
    ]


def _mounts(wanted: Resources, cluster: Cluster) -> list[dict[str, Any]]:
    claims = wanted.volumes if is_url(cluster.root) else {cluster.root: cluster.claim, **wanted.volumes}
    return [{"constant": claim, "mountPath": path} for path, claim in claims.items()]


def _shared_memory(wanted: Resources) -> list[dict[str, Any]]:
    if wanted.shared_memory is None:
        return []
    size = wanted.shared_memory
    return [{"volumeName": SHARED_MEMORY, "mountPath": "/dev/shm", "medium": "Memory", "sizeLimit": size}]


def _affinity(rules: Sequence[Affinity]) -> list[dict[str, Any]]:
    """Returns the terms: one for all conditions, of which each must hold, and one for each wish."""
    must = [rule for rule in rules if rule.weight is None]
    terms = [{"matchExpressions": [_express(rule) for rule in must]}] if must else []
    wishes = [{"matchExpressions": [_express(rule)], "weight": rule.weight} for rule in rules if rule.weight]
    return [*terms, *wishes]


def _express(rule: Affinity) -> dict[str, Any]:
    values = {"values": list(rule.values)} if rule.values else {}
    return {"key": rule.key, "operator": rule.operator, **values}


def _identity(wanted: Resources) -> dict[str, Any] | None:
    """Returns who a step is. Without a group it would have that of the image's /etc/passwd, or root's."""
    if wanted.user is None:
        return None
    group = wanted.group or wanted.user
    return {"runAsNonRoot": True, "runAsUser": _number(wanted.user), "runAsGroup": _number(group)}


def _metadata(container: Container, pipeline: str) -> dict[str, Any]:
    labels = {
        "app.kubernetes.io/name": pipeline.rstrip("_-"),
        "app.kubernetes.io/component": task(container.id),
        "app.kubernetes.io/part-of": "millrace",
        **container.resources.labels,
    }
    annotations = dict(container.resources.annotations)
    return {"labels": labels} | ({"annotations": annotations} if annotations else {})


def _number(number: int | None) -> str | None:
    return None if number is None else str(number)  # 64 bits are text in a proto's JSON


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
