"""Executes a compiled file as Kubeflow Pipelines does: each step by its own command, as its container has it.

It knows what our files hold of the specification and of the platform's document, and refuses what it does not know.
Steps that could run at the same time run one after another.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Protocol

import yaml

ALWAYS = "ALL_UPSTREAM_TASKS_COMPLETED"
TASK = {"taskInfo", "componentRef", "inputs", "cachingOptions", "retryPolicy", "dependentTasks", "triggerPolicy"}
PLATFORM = {"secretAsEnv", "pvcMount", "podMetadata", "securityContext"}
STORE = "minio://mlpipeline/v2/artifacts"  # as Kubeflow's own store names an artifact


@dataclass(frozen=True)
class Step:
    """One try at a step: what a pod is made of, and where its launcher keeps what it puts out."""

    name: str
    image: str
    command: list[str]
    env: Mapping[str, str]
    mounts: Mapping[str, Path]
    user: str
    outputs: Path


class Backend(Protocol):
    """What runs a step, in a container or without; it returns the exit code."""

    def run(self, step: Step) -> int: ...


@dataclass
class Ending:
    """How a task ended: the code of each try, none if it was skipped; and the metadata of what it put out."""

    codes: list[int] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return self.codes[-1:] == [0]


@dataclass
class Engine:
    """A compiled file, and the cluster that it runs in: claims by name, secrets by name and key."""

    file: Path
    backend: Backend
    claims: Mapping[str, Path]
    secrets: Mapping[str, Mapping[str, str]]
    scratch: Path
    wait: Callable[[float], None] = time.sleep
    endings: dict[str, Ending] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spec, platform = yaml.safe_load_all(self.file.read_text(encoding="utf-8"))
        self.platform = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]

    def execute(self, run_id: str, **parameters: Any) -> bool:
        """Runs the pipeline with these parameters over its defaults; tells whether it succeeded as a whole."""
        self.run_id, self.endings = run_id, {}
        declared = self.spec["root"]["inputDefinitions"]["parameters"]
        assert parameters.keys() <= declared.keys()
        defaults = {name: definition["defaultValue"] for name, definition in declared.items()}
        return self._walk(self.spec["root"]["dag"], defaults | parameters)

    def _walk(self, dag: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Runs the tasks of a DAG; one that has lost what it waits for is skipped, unless it always runs."""
        tasks, done = dag["tasks"], dict[str, bool]()
        for name in TopologicalSorter(
            {name: task.get("dependentTasks", ()) for name, task in tasks.items()}
        ).static_order():
            task = tasks[name]
            assert task.keys() <= TASK
            always = task.get("triggerPolicy", {}).get("strategy") == ALWAYS
            ready = always or all(done[other] for other in task.get("dependentTasks", ()))
            done[name] = self._run(name, task, values) if ready else self._skip(name, task)
        return all(done.values())

    def _component(self, task: Mapping[str, Any]) -> dict[str, Any]:
        return self.spec["components"][task["componentRef"]["name"]]

    def _skip(self, name: str, task: Mapping[str, Any]) -> bool:
        assert "dag" not in self._component(task)
        self.endings[name] = Ending()
        return False

    def _run(self, name: str, task: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        component, inputs = self._component(task), {}
        for parameter, source in task["inputs"]["parameters"].items():
            if "componentInputParameter" in source:
                inputs[parameter] = values[source["componentInputParameter"]]
            else:
                constant = source["runtimeValue"]["constant"]
                inputs[parameter] = constant.replace("{{$.pipeline_job_uuid}}", self.run_id)
        assert inputs.keys() == component["inputDefinitions"]["parameters"].keys()
        if "dag" in component:
            return self._walk(component["dag"], inputs)
        ending = self.endings[name] = Ending()
        policy = task.get("retryPolicy", {"maxRetryCount": 0})
        for attempt in range(policy["maxRetryCount"] + 1):
            if attempt:
                self.wait(_seconds(policy, attempt))
            step = self._step(f"{name}-{attempt}", component, inputs)
            ending.codes.append(self.backend.run(step))
            if ending.succeeded:
                ending.outputs = _collect(step)
                break
        return ending.succeeded

    def _step(self, name: str, component: Mapping[str, Any], inputs: Mapping[str, Any]) -> Step:
        label = component["executorLabel"]
        container = self.spec["deploymentSpec"]["executors"][label]["container"]
        outputs = self.scratch / self.run_id / name
        told = executor_input(inputs, component, f"{STORE}/{self.spec['pipelineInfo']['name']}/{self.run_id}/{name}")
        platform = self.platform[label]
        assert platform.keys() <= PLATFORM
        assert platform["securityContext"]["runAsNonRoot"]
        return Step(
            name=f"{self.run_id}-{name}",
            image=container["image"],
            command=[substitute(word, inputs, told) for word in container["command"] + container["args"]],
            env={
                item["envVar"]: self.secrets[secret["secretName"]][item["secretKey"]]
                for secret in platform["secretAsEnv"]
                for item in secret["keyToEnv"]
            },
            mounts={mount["mountPath"]: self.claims[mount["constant"]] for mount in platform["pvcMount"]},
            user=platform["securityContext"]["runAsUser"],
            outputs=outputs,
        )


def executor_input(inputs: Mapping[str, Any], component: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Returns what the placeholder {{$}} stands for."""
    declared = component.get("outputDefinitions", {}).get("artifacts", {})
    artifacts = {
        name: {"artifacts": [{"name": name, "type": kind["artifactType"], "uri": f"{place}/{name}", "metadata": {}}]}
        for name, kind in declared.items()
    }
    outputs = {"artifacts": artifacts, "outputFile": "/tmp/kfp_outputs/output_metadata.json"}
    return {"inputs": {"parameterValues": dict(inputs)}, "outputs": outputs}


def substitute(word: str, inputs: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Returns a word of a command with its placeholders replaced: what is no text is written as JSON."""
    if word == "{{$}}":
        return json.dumps(told)
    for name, value in inputs.items():
        text = value if isinstance(value, str) else json.dumps(value)
        word = word.replace(f"{{{{$.inputs.parameters['{name}']}}}}", text)
    return word


def _seconds(policy: Mapping[str, Any], attempt: int) -> float:
    """Returns how long to wait before a try; the first is 0."""
    first, most = (float(policy[key].removesuffix("s")) for key in ("backoffDuration", "backoffMaxDuration"))
    return min(first * policy["backoffFactor"] ** (attempt - 1), most)


def _collect(step: Step) -> dict[str, Any]:
    file = step.outputs / "tmp/kfp_outputs/output_metadata.json"
    return json.loads(file.read_text())["artifacts"] if file.exists() else {}
