"""The pod of a step, made of a compiled file as Kubeflow Pipelines makes it.

What is mirrored, of kubeflow/pipelines 2.17.0 and, where `release` says so, of those before it:

- backend/src/v2/driver/driver.go: initPodSpecPatch (image, arguments, resources: `%vG` of memory, `%v` of CPUs, an
  accelerator as a limit of its name), provisionOutputs (where outputs go);
- backend/src/v2/driver/k8s.go: extendPodSpecPatch (volumes named after their claims, empty folders, variables of
  secrets and config maps, selectors, tolerations, node affinity, deadline, pull policy and secrets, security context);
- backend/src/v2/compiler/argocompiler/container.go: addContainerExecutorTemplate (the scratch volumes of every pod,
  labels and annotations), security_context.go (from 2.16 on: what every container may not);
- backend/src/v2/component/launcher_v2.go: compileCmdAndArgs (placeholders).

The pod runs the step's own command. Left out is what wraps it: the launcher's init container and command, and Argo's
containers `init` and `wait`, whose images no test has.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

RUN = "0d2a9c1e-5f0b-4c57-9a3e-3a3f4f1f7b11"
HANDLER = "comp-exit-handler-1"
STORE = "minio://mlpipeline/v2/artifacts"  # as Kubeflow's own store names an artifact
NEWEST = "2.17"
HARDENED = "2.16"  # the first release that writes security contexts, and reads those of a file
SCRATCH = {
    "kfp-launcher": "/kfp-launcher",
    "gcs-scratch": "/gcs",
    "s3-scratch": "/s3",
    "minio-scratch": "/minio",
    "dot-local-scratch": "/.local",
    "dot-cache-scratch": "/.cache",
    "dot-config-scratch": "/.config",
}
READ = {  # fields of an executor that are mirrored here; any other is refused
    "secretAsEnv", "configMapAsEnv", "pvcMount", "emptyDirMounts", "nodeSelector", "tolerations", "nodeAffinity",
    "podMetadata", "imagePullPolicy", "imagePullSecret", "activeDeadlineSeconds", "securityContext",
}  # fmt: skip
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123's, of which a volume's name is one


def pod_of(
    document: Mapping[str, Any],
    platform: Mapping[str, Any],
    task: str,
    parameters: Mapping[str, Any] | None = None,
    made: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    run_id: str = RUN,
    attempt: int = 0,
    release: str = NEWEST,
    account: str = "millrace",
) -> dict[str, Any]:
    """Returns the pod (v1, plain data) of one try at a task of a compiled file, which has two documents.

    `parameters` are the run's own, over the defaults of the file; `made` is what other tasks have put out, by their
    names: without it, that a run is due. What the API server expands and refuses stands as it
    is: `expand` does the one, `faults` finds some of the other.
    """
    component = component_of(document, task)
    inputs = inputs_of(document, task, {**defaults_of(document), **(parameters or {})}, run_id, made)
    label = component["executorLabel"]
    container = document["deploymentSpec"]["executors"][label]["container"]
    wanted = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].get(label, {})
    if unread := wanted.keys() - READ:
        raise ValueError(f"{label}: unknown field {min(unread)}")
    if "securityContext" in wanted and _order(release) < _order(HARDENED):
        raise ValueError(f"{label}: unknown field securityContext")
    place = f"{STORE}/{document['pipelineInfo']['name']}/{run_id}/{task}/{attempt}"
    told = executor_input(inputs, component, place)
    words = [substitute(word, inputs, told) for word in [*container["command"], *container.get("args", [])]]
    main = {
        "name": "main",
        "image": container["image"],
        "command": words[: len(container["command"])],
        "args": words[len(container["command"]) :],
        "env": [*_variables(wanted)],
        "resources": _resources(container.get("resources", {})),
        "volumeMounts": [
            *({"name": name, "mountPath": path} for name, path in SCRATCH.items()),
            *({"name": each["constant"], "mountPath": each["mountPath"]} for each in wanted.get("pvcMount", ())),
            *(
                {"name": each["volumeName"], "mountPath": each["mountPath"]}
                for each in wanted.get("emptyDirMounts", ())
            ),
        ],
        **_given("imagePullPolicy", wanted.get("imagePullPolicy")),
        **_given("securityContext", _container_context(wanted, release)),
    }
    spec = {
        "restartPolicy": "Never",
        "serviceAccountName": account,
        "containers": [main],
        "volumes": [
            *({"name": name, "emptyDir": {}} for name in SCRATCH),
            *(
                {"name": each["constant"], "persistentVolumeClaim": {"claimName": each["constant"]}}
                for each in wanted.get("pvcMount", ())
            ),
            *({"name": each["volumeName"], "emptyDir": _empty(each)} for each in wanted.get("emptyDirMounts", ())),
        ],
        **_given("nodeSelector", wanted.get("nodeSelector", {}).get("labels")),
        **_given("tolerations", wanted.get("tolerations")),
        **_given("affinity", _affinity(wanted.get("nodeAffinity", ()))),
        **_given("activeDeadlineSeconds", int(wanted.get("activeDeadlineSeconds", 0))),
        **_given("imagePullSecrets", [{"name": each["secretName"]} for each in wanted.get("imagePullSecret", ())]),
        **_given("securityContext", _pod_context(release)),
    }
    given = wanted.get("podMetadata", {})
    own = {"pipelines.kubeflow.org/v2_component": "true"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{document['pipelineInfo']['name'][:20].rstrip('-')}-{run_id[:5]}-{task}-{attempt}",
            "labels": {**given.get("labels", {}), **own, "pipeline/runid": run_id},
            "annotations": {**given.get("annotations", {}), **own, "sidecar.istio.io/inject": "false"},
        },
        "spec": spec,
    }


def tasks_of(document: Mapping[str, Any]) -> list[str]:
    """Returns the names of the tasks that have a pod, the exit task last."""
    within = document["components"][HANDLER]["dag"]["tasks"]
    return [*within, *(name for name, task in document["root"]["dag"]["tasks"].items() if not _is_dag(document, task))]


def defaults_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values that the run's parameters have by themselves."""
    declared = document["root"]["inputDefinitions"]["parameters"]
    return {name: definition["defaultValue"] for name, definition in declared.items()}


def component_of(document: Mapping[str, Any], task: str) -> dict[str, Any]:
    """Returns the component of a task, within the exit handler's DAG or beside it."""
    return document["components"][_task(document, task)["componentRef"]["name"]]


def inputs_of(
    document: Mapping[str, Any],
    task: str,
    values: Mapping[str, Any],
    run_id: str,
    made: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Returns the parameters of a task, from those of the run through the DAG that it is in, and from other tasks."""
    handler = next(each for each in document["root"]["dag"]["tasks"].values() if _is_dag(document, each))
    if task in document["components"][HANDLER]["dag"]["tasks"]:
        values = _bind(handler, values, run_id)
    inputs = _bind(_task(document, task), values, run_id, made)
    assert inputs.keys() == component_of(document, task)["inputDefinitions"]["parameters"].keys()
    return inputs


def executor_input(inputs: Mapping[str, Any], component: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Returns what the placeholder {{$}} stands for."""
    declared = component.get("outputDefinitions", {}).get("artifacts", {})
    artifacts = {
        name: {"artifacts": [{"name": name, "type": kind["artifactType"], "uri": f"{place}/{name}", "metadata": {}}]}
        for name, kind in declared.items()
    }
    parameters = component.get("outputDefinitions", {}).get("parameters", {})
    outputs = {
        "artifacts": artifacts,
        "outputFile": "/tmp/kfp_outputs/output_metadata.json",
        **_given("parameters", {name: {"outputFile": f"/tmp/kfp/outputs/{name}"} for name in parameters}),
    }
    return {"inputs": {"parameterValues": dict(inputs)}, "outputs": outputs}


def substitute(word: str, inputs: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Returns a word of a command with its placeholders replaced: what is no text is written as JSON."""
    word = word.replace("{{$}}", json.dumps(told))
    for name, value in inputs.items():
        text = value if isinstance(value, str) else json.dumps(value)
        word = word.replace(f"{{{{$.inputs.parameters['{name}']}}}}", text)
    return word


def expand(word: str, env: Mapping[str, str]) -> str:
    """Returns a word of a command as a kubelet hands it on: $(NAME) is the variable's value, $$ is $.

    By kubernetes/third_party/forked/golang/expansion/expand.go: a name that there is not stays as it is written.
    """

    def replace(found: "re.Match[str]") -> str:
        return "$" if found[0] == "$$" else env.get(found[1], found[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", replace, word)


def faults(pod: Mapping[str, Any]) -> list[str]:
    """Returns what an API server would refuse a pod for, of what no schema knows: names and places given twice."""
    [main] = pod["spec"]["containers"]
    names = [volume["name"] for volume in pod["spec"]["volumes"]]
    places = [mount["mountPath"] for mount in main["volumeMounts"]]
    twice = [f"'{one}' twice" for each in (names, places) for one, count in Counter(each).items() if count > 1]
    return [*(f"'{name}' is no volume's name" for name in names if not LABEL.fullmatch(name)), *twice]


def _task(document: Mapping[str, Any], task: str) -> dict[str, Any]:
    within = document["components"][HANDLER]["dag"]["tasks"]
    return within[task] if task in within else document["root"]["dag"]["tasks"][task]


def _is_dag(document: Mapping[str, Any], task: Mapping[str, Any]) -> bool:
    return "dag" in document["components"][task["componentRef"]["name"]]


def _bind(
    task: Mapping[str, Any],
    values: Mapping[str, Any],
    run_id: str,
    made: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for name, source in task["inputs"]["parameters"].items():
        if "componentInputParameter" in source:
            inputs[name] = values[source["componentInputParameter"]]
        elif "taskOutputParameter" in source:
            told = source["taskOutputParameter"]
            assert told["producerTask"] in task["dependentTasks"]
            known = {"decide": {"due": True}} if made is None else made
            inputs[name] = known[told["producerTask"]][told["outputParameterKey"]]
        else:
            inputs[name] = source["runtimeValue"]["constant"].replace("{{$.pipeline_job_uuid}}", run_id)
    return inputs


def _given(key: str, value: Any) -> dict[str, Any]:
    return {key: value} if value else {}


def _resources(wanted: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    limits, requests = dict[str, str](), dict[str, str]()
    for machine, name, suffix in (("Cpu", "cpu", ""), ("Memory", "memory", "G")):
        for kind, found in (("Limit", limits), ("Request", requests)):
            quantity = wanted.get(f"resource{machine}{kind}")
            number = wanted.get(f"{machine.lower()}{kind}", 0)
            if quantity or number:
                found[name] = quantity or f"{int(number) if number == int(number) else number}{suffix}"
    accelerator = wanted.get("accelerator", {})
    kind = accelerator.get("resourceType") or accelerator.get("type")
    count = accelerator.get("resourceCount") or accelerator.get("count")
    if kind and count:
        limits[kind] = count
    return {**_given("limits", limits), **_given("requests", requests)}


def _variables(wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    variables = [
        (item["envVar"], "secretKeyRef", each["secretName"], item["secretKey"])
        for each in wanted.get("secretAsEnv", ())
        for item in each["keyToEnv"]
    ] + [
        (item["envVar"], "configMapKeyRef", each["configMapName"], item["configMapKey"])
        for each in wanted.get("configMapAsEnv", ())
        for item in each["keyToEnv"]
    ]
    return [{"name": name, "valueFrom": {kind: {"name": source, "key": key}}} for name, kind, source, key in variables]


def _empty(mount: Mapping[str, Any]) -> dict[str, Any]:
    return {**_given("medium", mount.get("medium")), **_given("sizeLimit", mount.get("sizeLimit"))}


def _affinity(terms: Any) -> dict[str, Any]:
    """Returns node affinity: terms with a weight are preferred, one of the others is required."""
    required, preferred = list[dict[str, Any]](), list[dict[str, Any]]()
    for term in terms:
        parts = {key: term[key] for key in ("matchExpressions", "matchFields") if key in term}
        if "weight" in term:
            preferred.append({"weight": term["weight"], "preference": parts})
        else:
            required.append(parts)
    during = "DuringSchedulingIgnoredDuringExecution"
    found = {
        **_given(f"required{during}", {"nodeSelectorTerms": required} if required else None),
        **_given(f"preferred{during}", preferred),
    }
    return {"nodeAffinity": found} if found else {}


def _container_context(wanted: Mapping[str, Any], release: str) -> dict[str, Any]:
    if _order(release) < _order(HARDENED):
        return {}
    told = wanted.get("securityContext", {})
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
        **{key: int(told[key]) for key in ("runAsUser", "runAsGroup") if key in told},
        **_given("runAsNonRoot", told.get("runAsNonRoot")),
    }


def _pod_context(release: str) -> dict[str, Any]:
    return {} if _order(release) < _order(HARDENED) else {"seccompProfile": {"type": "RuntimeDefault"}}


def _order(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
