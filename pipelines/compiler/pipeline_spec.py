"""The pipeline as Kubeflow's specification has it (PipelineSpec of schema 2.1.0), as plain data.

It is not kfp that writes it, whose two versions do so differently. The shape is that of kfp's ExitHandler: the nodes
in a DAG of their own, and a step that runs when that has ended, however it did.
"""

import re
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any

from configs.schema.accelerators import Accelerator
from configs.schema.resources import Resources
from pipelines.compiler.container_plan import Container, Plan

TYPES = {"config": "STRING", "set": "LIST", "cache": "BOOLEAN", "run_id": "STRING"}
OF_A_RUN = ("config", "set", "cache")
OF_A_NODE = (*OF_A_RUN, "run_id")
OF_THE_END = ("config", "set", "run_id")
OUTPUTS = {"summary": "system.HTML", "metrics": "system.Metrics"}  # of the end, as Kubeflow's pages show them
HANDLER = "exit-handler-1"
# What the units of Kubernetes stand for; a limit of memory is in 10^9 bytes.
UNITS = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18} | {
    f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)
}

Accelerate = Callable[[Container, Accelerator], str]


def specify(plan: Plan, accelerate: Accelerate) -> dict[str, Any]:
    """Returns the specification; `accelerate` returns what the engine calls the accelerator of a container."""
    executors = {executor(each): {"container": _run(each, accelerate)} for each in plan.containers}
    return {
        "pipelineInfo": {"name": plan.config.name.replace("_", "-").rstrip("-")},
        "schemaVersion": "2.1.0",
        "sdkVersion": f"kfp-{version('kfp')}",
        "root": {
            "inputDefinitions": {"parameters": _defaults(plan)},
            "dag": {"tasks": {HANDLER: _handle(), task(plan.finish.id): _finish(plan.finish)}},
        },
        "components": {
            f"comp-{HANDLER}": {
                "inputDefinitions": {"parameters": {_channel(name): _type(name) for name in OF_A_RUN}},
                "dag": {"tasks": {task(node.id): _launch(node) for node in plan.nodes}},
            },
            **{_component(node): _declare(node, OF_A_NODE) for node in plan.nodes},
            _component(plan.finish): _declare(plan.finish, OF_THE_END) | {"outputDefinitions": _outputs()},
        },
        "deploymentSpec": {"executors": executors},
    }


def task(id: str) -> str:
    """Returns the name of a node's task, of a-z, 0-9 and - alone: ExampleGen is example-gen."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", id).lower()


def executor(container: Container) -> str:
    """Returns the name by which the platform's document finds a container."""
    return f"exec-{task(container.id)}"


def _component(container: Container) -> str:
    return f"comp-{task(container.id)}"


def _channel(parameter: str) -> str:
    return f"pipelinechannel--{parameter}"


def _type(parameter: str) -> dict[str, Any]:
    return {"parameterType": TYPES[parameter]}


def _defaults(plan: Plan) -> dict[str, Any]:
    values = {"config": plan.text, "set": list(plan.overrides), "cache": True}
    return {name: _type(name) | {"defaultValue": values[name], "isOptional": True} for name in OF_A_RUN}


def _outputs() -> dict[str, Any]:
    kinds = {name: {"schemaTitle": kind, "schemaVersion": "0.0.1"} for name, kind in OUTPUTS.items()}
    return {"artifacts": {name: {"artifactType": kind} for name, kind in kinds.items()}}


def _declare(container: Container, parameters: Iterable[str]) -> dict[str, Any]:
    return {
        "executorLabel": executor(container),
        "inputDefinitions": {"parameters": {name: _type(name) for name in parameters}},
    }


def _handle() -> dict[str, Any]:
    return {
        "taskInfo": {"name": "nodes"},
        "componentRef": {"name": f"comp-{HANDLER}"},
        "inputs": {"parameters": {_channel(name): {"componentInputParameter": name} for name in OF_A_RUN}},
    }


def _launch(node: Container) -> dict[str, Any]:
    inputs = {name: _channel(name) for name in OF_A_RUN}
    return _call(node, inputs) | ({"dependentTasks": [task(id) for id in node.after]} if node.after else {})


def _finish(finish: Container) -> dict[str, Any]:
    inputs = {name: name for name in OF_THE_END if name in OF_A_RUN}
    return _call(finish, inputs) | {
        "dependentTasks": [HANDLER],
        "triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"},
    }


def _call(container: Container, inputs: dict[str, str]) -> dict[str, Any]:
    """Returns a task. Kubeflow's cache is off, since ours decides; the run's id is known to parameters' values only."""
    run_id = {"runtimeValue": {"constant": "{{$.pipeline_job_uuid}}"}}
    given = {name: {"componentInputParameter": source} for name, source in inputs.items()}
    return {
        "taskInfo": {"name": task(container.id)},
        "componentRef": {"name": _component(container)},
        "inputs": {"parameters": given | {"run_id": run_id}},
        "cachingOptions": {},
        **_retry(container.resources),
    }


def _retry(resources: Resources) -> dict[str, Any]:
    if not resources.retries:
        return {}
    backoff = resources.backoff
    policy = {
        "maxRetryCount": resources.retries,
        "backoffDuration": f"{backoff.seconds}s",
        "backoffFactor": float(backoff.factor),
        "backoffMaxDuration": f"{backoff.most}s",
    }
    return {"retryPolicy": policy}


def _run(container: Container, accelerate: Accelerate) -> dict[str, Any]:
    run = {"image": container.image, "command": list(container.command), "args": list(container.args)}
    resources = _limit(container, accelerate)
    return run | ({"resources": resources} if resources else {})


def _limit(container: Container, accelerate: Accelerate) -> dict[str, Any]:
    """Returns the machine in the fields that every backend reads; those of newer ones beside them say the same."""
    wanted = container.resources
    limits: dict[str, Any] = {}
    if wanted.cpu:
        limits["cpuLimit"] = float(wanted.cpu[:-1]) / 1000 if wanted.cpu.endswith("m") else float(wanted.cpu)
    if wanted.memory:
        limits["memoryLimit"] = _bytes(wanted.memory) / 1e9
    if wanted.accelerator:
        limits["accelerator"] = {
            "type": accelerate(container, wanted.accelerator),
            "count": str(wanted.accelerator.count),
        }
    return limits


def _bytes(memory: str) -> float:
    unit = memory.lstrip("0123456789.")
    return float(memory.removesuffix(unit)) * UNITS[unit]
