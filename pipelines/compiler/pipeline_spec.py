"""The pipeline as Kubeflow's specification has it (PipelineSpec of schema 2.1.0), as plain data.

It is not kfp that writes it, whose two versions do so differently. The shape is that of kfp's ExitHandler: the nodes
in a DAG of their own, and a step that runs when that has ended, however it did. In a run of a schedule a first step
decides, and each node has a condition: the container's driver of 2.14 to 2.17 looks at it (backend/src/v2/driver/
container.go), and what waits for a task that is skipped is left out without a pod (argocompiler/dag.go: depends).
"""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from configs.loading.packed_text import pack, protect
from configs.nodes import DECIDE, FINISH, task
from configs.schema.accelerators import Accelerator
from configs.schema.kubernetes import count_bytes, count_cpus, spell_pipeline
from configs.schema.resources import Requests, Resources
from pipelines.compiler.container_plan import Container, Plan

TYPES = {
    "config": "STRING", "set": "LIST", "cache": "BOOLEAN", "run_id": "STRING", "asked": "STRING", "due": "BOOLEAN",
    "decision": "STRING",
}  # fmt: skip
OF_A_RUN = ("config", "set", "cache")
OF_THE_END = ("config", "set")
OF_A_DECISION = ("config", "set", "asked")  # by whom the run is wanted and why, whatever the schedule waits for
DECIDED = ("due", "decision")
CONDITION = "inputs.parameter_values['due'] == true"
OUTPUTS = {  # what Kubeflow's pages show of a step, by name and kind
    "Trainer": {"model": "system.Model"},
    "Evaluator": {"classification": "system.ClassificationMetrics"},
    FINISH: {"summary": "system.HTML", "metrics": "system.Metrics"},
}
HANDLER = "exit-handler-1"
WEEK = 604_800

Accelerate = Callable[[Container, Accelerator], str]


def specify(plan: Plan, accelerate: Accelerate) -> dict[str, Any]:
    """Returns the specification; `accelerate` returns what the engine calls the accelerator of a container."""
    within = [*([plan.decide] if plan.decide else []), *plan.nodes]
    executors = {executor(each): {"container": _run(each, accelerate)} for each in plan.containers}
    return {
        "pipelineInfo": {"name": spell_pipeline(plan.config.name)},
        "schemaVersion": "2.1.0",
        "sdkVersion": f"kfp-{version('kfp')}",
        "root": {
            "inputDefinitions": {"parameters": _defaults(plan)},
            "dag": {"tasks": {HANDLER: _handle(plan), task(plan.finish.id): _finish(plan.finish)}},
        },
        "components": {
            f"comp-{HANDLER}": {
                "inputDefinitions": {"parameters": {_channel(name): _type(name) for name in _given(plan)}},
                "dag": {"tasks": {task(each.id): _launch(each, plan) for each in within}},
            },
            **{_component(each): _declare(each, plan) for each in plan.containers},
        },
        "deploymentSpec": {"executors": executors},
    }


def executor(container: Container) -> str:
    """Returns the name by which the platform's document finds a container."""
    return f"exec-{task(container.id)}"


def _component(container: Container) -> str:
    return f"comp-{task(container.id)}"


def _channel(parameter: str) -> str:
    return f"pipelinechannel--{parameter}"


def _type(parameter: str) -> dict[str, Any]:
    return {"parameterType": TYPES[parameter]}


def _given(plan: Plan) -> tuple[str, ...]:
    """Returns the parameters of a run."""
    return (*OF_A_RUN, "asked") if plan.decide else OF_A_RUN


def _defaults(plan: Plan) -> dict[str, Any]:
    values = {"config": pack(plan.text), "set": [protect(each) for each in plan.overrides], "cache": True, "asked": ""}
    return {name: _type(name) | {"defaultValue": values[name], "isOptional": True} for name in _given(plan)}


def _declare(container: Container, plan: Plan) -> dict[str, Any]:
    steps = {DECIDE: OF_A_DECISION, FINISH: OF_THE_END}
    parameters = steps.get(container.id, (*OF_A_RUN, "due") if plan.decide else OF_A_RUN)
    return {
        "executorLabel": executor(container),
        "inputDefinitions": {"parameters": {name: _type(name) for name in (*parameters, "run_id")}},
        **_outputs(container, plan),
    }


def _outputs(container: Container, plan: Plan) -> dict[str, Any]:
    """Returns what a step puts out: what it has decided, or artifacts of its nodes.

    The Evaluator has one for a label that has one class of several.
    """
    if container.id == DECIDE:
        return {"outputDefinitions": {"parameters": {name: _type(name) for name in DECIDED}}}
    shown = [id for id in container.nodes or (container.id,) if id in OUTPUTS]
    if plan.config.label.kind not in ("binary", "multiclass"):
        shown = [id for id in shown if id != "Evaluator"]
    kinds = {
        name: {"artifactType": {"schemaTitle": kind, "schemaVersion": "0.0.1"}}
        for id in shown
        for name, kind in OUTPUTS[id].items()
    }
    return {"outputDefinitions": {"artifacts": kinds}} if kinds else {}


def _handle(plan: Plan) -> dict[str, Any]:
    return {
        "taskInfo": {"name": "nodes"},
        "componentRef": {"name": f"comp-{HANDLER}"},
        "inputs": {"parameters": {_channel(name): {"componentInputParameter": name} for name in _given(plan)}},
    }


def _launch(container: Container, plan: Plan) -> dict[str, Any]:
    """Returns the task of the first step, or of a node; one of a schedule's run goes by what was decided."""
    parameters = OF_A_DECISION if container is plan.decide else OF_A_RUN
    called = _call(container, {name: _channel(name) for name in parameters})
    after = [task(id) for id in container.after]
    if plan.decide and container is not plan.decide:
        after.append(task(DECIDE))
        called["inputs"]["parameters"]["due"] = {
            "taskOutputParameter": {"producerTask": task(DECIDE), "outputParameterKey": "due"}
        }
        called["triggerPolicy"] = {"condition": CONDITION}
    return called | ({"dependentTasks": after} if after else {})


def _finish(finish: Container) -> dict[str, Any]:
    return _call(finish, {name: name for name in OF_THE_END}) | {
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
    """Returns how often a step is tried again.

    Kubeflow hands `backoffMaxDuration` to Argo, for which it is no bound of a pause: it is the time in which all tries
    have to be, since the first began (operator.go: processNodeRetries). So it is one that nothing comes to the end of.
    """
    if not resources.retries:
        return {}
    pause, tries = resources.backoff, resources.retries + 1
    pauses = sum(pause.seconds * pause.factor**index for index in range(resources.retries))
    policy = {
        "maxRetryCount": resources.retries,
        "backoffDuration": f"{pause.seconds}s",
        "backoffFactor": float(pause.factor),
        "backoffMaxDuration": f"{WEEK + tries * (resources.timeout or 0) + pauses}s",
    }
    return {"retryPolicy": policy}


def _run(container: Container, accelerate: Accelerate) -> dict[str, Any]:
    run = {"image": container.image, "command": list(container.command), "args": list(container.args)}
    resources = _limit(container, accelerate)
    return run | ({"resources": resources} if resources else {})


def _limit(container: Container, accelerate: Accelerate) -> dict[str, Any]:
    """Returns the machine in the fields that every backend reads; those of newer ones beside them say the same.

    What is asked for is what is limited, where it is not given. The local disk has no field: it goes by that of the
    accelerator, which Kubeflow's driver makes a limit of, of any name (driver.go: initPodSpecPatch).
    """
    wanted, asked = container.resources, container.resources.requests or Requests()
    amounts: dict[str, Any] = {
        "cpuLimit": wanted.cpu and count_cpus(wanted.cpu),
        "memoryLimit": wanted.memory and count_bytes(wanted.memory) / 1e9,
        "cpuRequest": asked.cpu and count_cpus(asked.cpu),
        "memoryRequest": asked.memory and count_bytes(asked.memory) / 1e9,
    }
    if wanted.accelerator:
        kind = accelerate(container, wanted.accelerator)
        amounts["accelerator"] = {"type": kind, "count": str(wanted.accelerator.count)}
    elif wanted.ephemeral_storage:
        amounts["accelerator"] = {"resourceType": "ephemeral-storage", "resourceCount": wanted.ephemeral_storage}
    return {name: amount for name, amount in amounts.items() if amount}
