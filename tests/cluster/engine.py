"""Executes a compiled file as Kubeflow Pipelines does: each step by its own command, as its pod has it.

It knows what our files hold of the specification and of the platform's document, and refuses what it does not know.
Steps that wait for the same run at the same time, and the next when all of them have ended. A step is tried again as
Argo 4.0.5 does it (workflow/controller/operator.go: processNodeRetries). One whose condition does not hold, by the
word of its driver (kubeflow/pipelines, backend/src/v2/expression/expression.go), is skipped, and what waits for it is
left out; neither makes the run fail (argo-workflows, workflow/controller/dag.go: assessDAGPhase).
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Protocol

import yaml

from tests.fakes.pods import defaults_of, expand, faults, inputs_of, pod_of

ALWAYS = "ALL_UPSTREAM_TASKS_COMPLETED"
TASK = {"taskInfo", "componentRef", "inputs", "cachingOptions", "retryPolicy", "dependentTasks", "triggerPolicy"}
# Argo's policies: whether a step that failed is tried again, and whether one whose pod is gone, which is an error.
POLICIES = {"OnFailure": (True, False), "OnError": (False, True), "Always": (True, True)}


@dataclass(frozen=True)
class Step:
    """One try at a step: what its pod is made of, and where its launcher keeps what it puts out."""

    name: str
    image: str
    command: list[str]
    env: Mapping[str, str]
    mounts: Mapping[str, Path]
    user: str
    outputs: Path


class Backend(Protocol):
    """What runs a step, in a container or without; it returns the exit code, and None where the pod is gone."""

    def run(self, step: Step) -> int | None: ...


@dataclass
class Ending:
    """How a task ended: the code of each try, none if it was skipped; Argo's word on why none followed; its outputs."""

    codes: list[int | None] = field(default_factory=list)
    message: str = ""
    outputs: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return self.codes[-1:] == [0]

    @property
    def failed(self) -> bool:
        return bool(self.codes) and not self.succeeded


@dataclass
class Engine:
    """A compiled file, and the cluster that it runs in: claims by name, secrets by name and key, Argo's policy."""

    file: Path
    backend: Backend
    claims: Mapping[str, Path]
    secrets: Mapping[str, Mapping[str, str]]
    scratch: Path
    wait: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    policy: str = "OnFailure"  # Argo's own
    endings: dict[str, Ending] = field(default_factory=dict)
    succeeded: bool = False

    def __post_init__(self) -> None:
        self.spec, self.platform = yaml.safe_load_all(self.file.read_text(encoding="utf-8"))

    def execute(self, run_id: str, **parameters: Any) -> bool:
        """Runs the pipeline with these parameters over its defaults; tells whether it succeeded as a whole."""
        self.run_id, self.parameters, self.endings = run_id, parameters, {}
        assert parameters.keys() <= self.spec["root"]["inputDefinitions"]["parameters"].keys()
        self.succeeded = self._walk(self.spec["root"]["dag"])
        return self.succeeded

    def _walk(self, dag: Mapping[str, Any]) -> bool:
        """Runs the tasks of a DAG; one that has lost what it waits for is skipped, unless it always runs."""
        tasks, done, failed = dag["tasks"], dict[str, bool](), list[str]()
        order = TopologicalSorter({name: task.get("dependentTasks", ()) for name, task in tasks.items()})
        order.prepare()
        with ThreadPoolExecutor() as pool:
            while order.is_active():
                names = order.get_ready()
                done.update(zip(names, pool.map(partial(self._take, tasks, done), names), strict=True))
                failed += [each for each in names if not done[each] and self._has_failed(each)]
                order.done(*names)
        return not failed

    def _take(self, tasks: Mapping[str, Any], done: Mapping[str, bool], name: str) -> bool:
        """Runs a task whose time has come; tells whether what waits for it may run."""
        task = tasks[name]
        assert task.keys() <= TASK
        always = task.get("triggerPolicy", {}).get("strategy") == ALWAYS
        ready = always or all(done[other] for other in task.get("dependentTasks", ()))
        return self._run(name, task) if ready and self._triggers(name, task) else self._skip(name, task)

    def _has_failed(self, name: str) -> bool:
        return name not in self.endings or self.endings[name].failed

    def _triggers(self, name: str, task: Mapping[str, Any]) -> bool:
        """Whether the condition of a task holds, if it has one."""
        condition = task.get("triggerPolicy", {}).get("condition")
        if condition is None:
            return True
        found = re.fullmatch(r"inputs\.parameter_values\['(\w+)'\] == (true|false)", condition)
        assert found, condition
        values = inputs_of(self.spec, name, defaults_of(self.spec) | self.parameters, self.run_id, self._made())
        value = values[found[1]]
        assert type(value) is bool  # CEL finds no other type equal to one
        return value is (found[2] == "true")

    def _made(self) -> dict[str, dict[str, Any]]:
        """What the tasks so far have put out as parameters."""
        return {name: ending.parameters for name, ending in list(self.endings.items())}  # others add to it

    def _component(self, task: Mapping[str, Any]) -> dict[str, Any]:
        return self.spec["components"][task["componentRef"]["name"]]

    def _skip(self, name: str, task: Mapping[str, Any]) -> bool:
        assert "dag" not in self._component(task)
        self.endings[name] = Ending()
        return False

    def _run(self, name: str, task: Mapping[str, Any]) -> bool:
        component = self._component(task)
        if "dag" in component:
            return self._walk(component["dag"])
        ending = self.endings[name] = Ending()
        policy, begun = task.get("retryPolicy"), self.clock()
        while True:
            step = self._step(name, len(ending.codes))
            ending.codes.append(self.backend.run(step))
            if ending.succeeded:
                ending.outputs = _collect(step)
                ending.parameters = _read_parameters(step, component)
                return True
            if policy is None:
                return False
            pause = _seconds(policy, len(ending.codes))
            ending.message = self._refuse(policy, ending.codes, self.clock() - begun, pause)
            if ending.message:
                return False
            self.wait(pause)

    def _refuse(self, policy: Mapping[str, Any], codes: list[int | None], passed: float, pause: float) -> str:
        """Returns why there is no further try, in Argo's words; nothing where there is one.

        The longest duration is that of all tries, since the first one began.
        """
        longest = float(policy["backoffMaxDuration"].removesuffix("s"))
        if passed > longest:
            return "Max duration limit exceeded"
        if passed + pause > longest:
            return "Backoff would exceed max duration limit"
        if not POLICIES[self.policy][codes[-1] is None]:
            return "Node not set to be retried"
        return "No more retries left" if len(codes) > policy["maxRetryCount"] else ""

    def _step(self, task: str, attempt: int) -> Step:
        pod = pod_of(self.spec, self.platform, task, self.parameters, self._made(), run_id=self.run_id, attempt=attempt)
        assert faults(pod) == []
        [main], context = pod["spec"]["containers"], pod["spec"]["containers"][0]["securityContext"]
        assert context["runAsNonRoot"]
        env = {variable["name"]: self._read(variable["valueFrom"]["secretKeyRef"]) for variable in main["env"]}
        claims = {
            volume["name"]: self.claims[volume["persistentVolumeClaim"]["claimName"]]
            for volume in pod["spec"]["volumes"]
            if "persistentVolumeClaim" in volume
        }
        return Step(
            name=f"{self.run_id}-{task}-{attempt}",
            image=main["image"],
            command=[expand(word, env) for word in main["command"] + main["args"]],
            env=env,
            mounts={m["mountPath"]: claims[m["name"]] for m in main["volumeMounts"] if m["name"] in claims},
            user=f"{context['runAsUser']}:{context.get('runAsGroup', context['runAsUser'])}",
            outputs=self.scratch / self.run_id / f"{task}-{attempt}",
        )

    def _read(self, reference: Mapping[str, str]) -> str:
        return self.secrets[reference["name"]][reference["key"]]


def _seconds(policy: Mapping[str, Any], tries: int) -> float:
    """Returns how long Argo waits after so many tries; it knows no upper bound."""
    return float(policy["backoffDuration"].removesuffix("s")) * policy["backoffFactor"] ** (tries - 1)


def _read_parameters(step: Step, component: Mapping[str, Any]) -> dict[str, Any]:
    """What a step puts out as parameters, each in a file (component/launcher_v2.go: collectOutputParameters)."""
    found = dict[str, Any]()
    for name, declared in component.get("outputDefinitions", {}).get("parameters", {}).items():
        text = (step.outputs / "tmp/kfp/outputs" / name).read_text()
        found[name] = {"true": True, "false": False}[text] if declared["parameterType"] == "BOOLEAN" else text
    return found


def _collect(step: Step) -> dict[str, Any]:
    file = step.outputs / "tmp/kfp_outputs/output_metadata.json"
    return json.loads(file.read_text())["artifacts"] if file.exists() else {}
