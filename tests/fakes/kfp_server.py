"""A stand-in for the API server of Kubeflow Pipelines, on a real socket: no such server can be had here.

It is strict where the real one is, and where it could hide a mistake: a body is read by the models of `kfp_server_api`
and refused for a field that they do not have or a value of another type, a pipeline is read by the protos of the
server's release and its parameters held against what it declares. What it does otherwise was read in kubeflow/pipelines
2.14 to 2.17, backend/src/apiserver:

- main.go: `healthz` tells the release; a list of nothing is `{}`; an error has code, message and details;
- server/api_converter.go: a cron has five or six fields of what robfig/cron 1.2 reads, the first of them seconds;
- validation/length.go: names are no longer than the columns that keep them; a display name beyond 255 is an error of
  the database, and so of the server;
- template/v2_template.go: up to 2.16 a recurring run that carries its pipeline runs as `pipeline-runner`; one that
  names a pipeline alone is made of that one's newest version each time (crd/controller/scheduledworkflow);
- resource/resource_manager.go: the workflows of a recurring run's runs are owned by it and deleted with it, unless 2.17
  is told to orphan them; times are whole seconds, and what is of one second comes in any order;
- a run's tasks are Argo's nodes under their own names, without a word on what failed;
- resource_manager.go, TerminateRun: a run is ended by its workflow; of one whose workflow is gone that is an error of
  the server, and its state stays as it was told last: RUNNING, for ever;
- server/run_log_server.go: the log of a pod is plain text, by the pod's name, as long as the pod is there.
- resource/resource_manager.go: of a run that names a pipeline's version a workflow is made as of one that carries it;
- a run's tasks are Argo's nodes under their own names, without a word on what failed.

It runs nothing: what becomes of a run is told it.
"""

import json
import random
import re
import ssl
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kfp_server_api
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
from kfp_server_api import models

from tests.fakes import kubeflow_protos, robfig_cron

INVALID, NOT_FOUND, FORBIDDEN, INTERNAL, UNAUTHENTICATED = 3, 5, 7, 13, 16  # gRPC's codes
SPELLED = ("max_concurrency", "interval_second")  # whole numbers of 64 bits, which JSON may spell as text
RUNNER = "pipeline-runner"
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
LENGTHS = {"Experiment.Name": 128, "Pipeline.Name": 128, "PipelineVersion.Name": 127, "DisplayName": 255}
TYPES = {"STRING": str, "BOOLEAN": bool, "NUMBER_INTEGER": int, "NUMBER_DOUBLE": float, "LIST": list, "STRUCT": dict}
NO_WORKFLOW = "InternalServerError: Failed to generate the ExecutionSpec"
PREFIX = "/apis/v2beta1/"
LOG = re.compile("/apis/v1alpha1/runs/([^/]+)/nodes/([^/]+)/log")
CODECS = kfp_server_api.ApiClient()


class Refusal(Exception):
    """An answer that is none: its status, gRPC's code, and what it says."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class Answer:
    """An answer that the server gives in place of its own."""

    status: int
    body: str = ""
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass
class KfpServer:
    """What the server knows, what it demands, and what it was asked."""

    multi_user: bool = False
    release: str = "2.17.0"
    forbidden: bool = False  # who asks is known, and may do nothing
    token: str | None = None
    cookie: str | None = None
    experiments: dict[str, Any] = field(default_factory=dict)
    runs: dict[str, Any] = field(default_factory=dict)
    recurring_runs: dict[str, Any] = field(default_factory=dict)
    pipelines: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    workflows: set[str] = field(default_factory=set)  # the runs of which there is one in Kubernetes
    logs: dict[str, str] = field(default_factory=dict)  # of the pods that are there, by their names
    course: list[dict[str, Any]] = field(default_factory=list)  # what each look at a run finds; the last one stays
    instead: dict[tuple[str, str], Answer] = field(default_factory=dict)  # by method and path below the prefix
    asked: list[tuple[str, str]] = field(default_factory=list)
    host: str = ""
    tick: float = 1.0  # seconds from one request to the next that makes something
    clock: datetime = datetime(2026, 1, 5, 3, tzinfo=timezone.utc)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        """Answers one request as plain data; raises Refusal."""
        kind, _, rest = path.partition("/")
        key, _, verb = rest.partition(":")
        match method, kind, bool(key), verb:
            case "GET", "healthz", False, "":
                return {"commit_sha": "unknown", "tag_name": self.release, "multi_user": self.multi_user}
            case "POST", "experiments", False, "":
                return self.add_experiment(read(body, "V2beta1Experiment"))
            case "GET", "experiments", False, "":
                self.check_namespace(query.get("namespace") or None)
                return some("experiments", chosen(self.experiments, query))
            case "POST", "runs", False, "":
                return self.add_run(read(body, "V2beta1Run"))
            case "GET", "runs", False, "":
                return some("runs", chosen(self.runs, query))
            case "GET", "runs", True, "":
                return self.look(found(self.runs, key))
            case "POST", "runs", True, "terminate":
                return self.terminate(found(self.runs, key))
            case "POST", "recurringruns", False, "":
                return self.add_recurring(read(body, "V2beta1RecurringRun"))
            case "GET", "recurringruns", False, "":
                return some("recurringRuns", chosen(self.recurring_runs, query))
            case "GET", "recurringruns", True, "":
                return found(self.recurring_runs, key)
            case "DELETE", "recurringruns", True, "":
                return self.delete_recurring(found(self.recurring_runs, key), query.get("propagation_policy"))
            case "POST", "pipelines", False, "":
                return self.add_pipeline(read(body, "V2beta1Pipeline"))
            case "GET", "pipelines", False, "":
                self.check_namespace(query.get("namespace") or None)
                return some("pipelines", chosen(self.pipelines, query))
            case "GET", "pipelines", True, "" if key.endswith("/versions"):
                pipeline = found(self.pipelines, key.removesuffix("/versions")).pipeline_id
                return some("pipeline_versions", chosen(self.versions, {**query, "pipeline_id": pipeline}))
            case "POST", "pipelines", True, "" if key == "upload_version":
                return self.add_version(query, body)
            case "POST", "recurringruns", True, "enable" | "disable":
                run = found(self.recurring_runs, key)
                run.mode, run.status = (verb.upper(), f"{verb.upper()}D")
                return {}
        raise Refusal(404, 0, "Not Found")

    def read_log(self, run_id: str, pod: str) -> str:
        found(self.runs, run_id)
        if pod not in self.logs:
            raise Refusal(500, INTERNAL, f"Failed to read logs for run {run_id}: pods {pod!r} not found")
        return self.logs[pod]

    def add_experiment(self, experiment: Any) -> Any:
        self.check_namespace(experiment.namespace)
        check_length("Experiment.Name", experiment.display_name)
        if any(each.display_name == experiment.display_name for each in self.experiments.values()):
            raise Refusal(409, 6, f"Already exist error: the name {experiment.display_name} already exist")
        experiment.experiment_id = str(uuid.uuid4())
        return self.keep(self.experiments, experiment.experiment_id, experiment)

    def add_run(self, run: Any) -> Any:
        self.check_run(run)
        run.run_id, run.state = str(uuid.uuid4()), "PENDING"
        self.workflows.add(run.run_id)
        return self.keep(self.runs, run.run_id, run)

    def terminate(self, run: Any) -> Any:
        if run.run_id not in self.workflows:
            raise Refusal(500, INTERNAL, f"Failed to terminate run {run.run_id}: workflows.argoproj.io not found")
        if run.state in ENDED:
            raise Refusal(400, INVALID, f"Failed to terminate run {run.run_id}: it has ended")
        run.state = "CANCELING"
        self.course = [{"state": "CANCELING"}, {"state": "CANCELED"}]
        return {}

    def add_recurring(self, run: Any) -> Any:
        self.check_run(run)
        cron = run.trigger.cron_schedule.cron
        if fault := robfig_cron.parse(cron):
            raise Refusal(400, INVALID, f"Invalid input error: Schedule cron is not a supported format. Error: {fault}")
        carries = run.pipeline_spec is not None or run.pipeline_version_reference.pipeline_version_id
        if carries and self.numbers < (2, 17):
            run.service_account = RUNNER
        if not 1 <= int(run.max_concurrency) <= 10:
            raise Refusal(400, INVALID, "The max concurrency of the recurring run is out of range")
        run.recurring_run_id, run.status = str(uuid.uuid4()), f"{run.mode}D"
        return self.keep(self.recurring_runs, run.recurring_run_id, run)

    def delete_recurring(self, run: Any, policy: str | None) -> Any:
        del self.recurring_runs[run.recurring_run_id]
        if policy != "ORPHAN" or self.numbers < (2, 17):
            self.workflows -= {
                each.run_id for each in self.runs.values() if each.recurring_run_id == run.recurring_run_id
            }
        return {}

    def add_pipeline(self, pipeline: Any) -> Any:
        self.check_namespace(pipeline.namespace)
        check_length("Pipeline.Name", pipeline.display_name)
        if any(each.display_name == pipeline.display_name for each in self.pipelines.values()):
            raise Refusal(409, 6, f"Already exist error: the name {pipeline.display_name} already exist")
        pipeline.pipeline_id = str(uuid.uuid4())
        return self.keep(self.pipelines, pipeline.pipeline_id, pipeline)

    def add_version(self, query: dict[str, str], body: Any) -> Any:
        pipeline, name = found(self.pipelines, query["pipelineid"]), query["name"]
        check_length("PipelineVersion.Name", name)
        if any((each.pipeline_id, each.display_name) == (query["pipelineid"], name) for each in self.versions.values()):
            raise Refusal(409, 6, f"Already exist error: the name {name} already exist")
        specification, *platform = yaml.safe_load_all(body)
        whole = {"pipeline_spec": specification, "platform_spec": next(iter(platform), {})}
        self.check_pipeline(whole, {})
        version = models.V2beta1PipelineVersion(pipeline_id=pipeline.pipeline_id, display_name=name)
        version.pipeline_version_id, version.pipeline_spec = str(uuid.uuid4()), whole
        return self.keep(self.versions, version.pipeline_version_id, version)

    def newest(self, pipeline_id: str) -> Any:
        """The newest version of a pipeline, of which a recurring run that names no version is made."""
        of = [each for each in self.versions.values() if each.pipeline_id == pipeline_id]
        if not of:
            raise Refusal(404, NOT_FOUND, f"ResourceNotFoundError: PipelineVersion of {pipeline_id} not found")
        return max(of, key=lambda version: version.created_at)

    def fire(self, recurring_run_id: str) -> Any:
        """Starts a run as the scheduler does when its time has come."""
        recurring = self.recurring_runs[recurring_run_id]
        specification = recurring.pipeline_spec
        if specification is None:
            specification = self.newest(recurring.pipeline_version_reference.pipeline_id).pipeline_spec
        run = models.V2beta1Run(
            display_name=recurring.display_name, experiment_id=recurring.experiment_id, pipeline_spec=specification
        )
        run.recurring_run_id, run.service_account = recurring_run_id, recurring.service_account
        run.runtime_config = recurring.runtime_config
        return self.add_run(run)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The server's release, as numbers."""
        return tuple(int(part) for part in re.findall(r"\d+", self.release)[:2]) or (2, 17)

    def keep(self, where: dict[str, Any], key: str, thing: Any) -> Any:
        self.clock += timedelta(seconds=self.tick)
        thing.created_at = self.clock.replace(microsecond=0)
        where[key] = thing
        return thing

    def check_run(self, run: Any) -> None:
        found(self.experiments, run.experiment_id)
        if len(run.display_name.encode()) > LENGTHS["DisplayName"]:
            raise Refusal(
                500, INTERNAL, "InternalServerError: Error 1406 (22001): Data too long for column 'DisplayName'"
            )
        specification, reference = run.pipeline_spec, getattr(run, "pipeline_version_reference", None)
        if specification is None and reference is None:
            raise Refusal(400, INVALID, "Invalid input error: Failed to fetch a template with an empty pipeline spec")
        if specification is None:
            version = reference.pipeline_version_id
            of = found(self.versions, version) if version else self.newest(reference.pipeline_id)
            specification = of.pipeline_spec
        self.check_pipeline(specification, run.runtime_config.parameters or {})
        check_tasks(specification.get("pipeline_spec", specification))

    def check_pipeline(self, specification: Any, given: dict[str, Any]) -> None:
        check_pipeline(specification, given)
        release = next((each for each in kubeflow_protos.RELEASES if self.release.startswith(each)), None)
        platform = specification.get("platform_spec")
        if release and platform:
            [refused] = kubeflow_protos.read(release, [[specification["pipeline_spec"], platform]])
            if refused:
                raise Refusal(500, INTERNAL, f"InternalServerError: failed to unmarshal kubernetes config: {refused}")

    def check_namespace(self, namespace: str | None) -> None:
        if self.multi_user and not namespace:
            raise Refusal(400, INVALID, "Invalid input error: a namespace is missing in multi-user mode")

    def look(self, run: Any) -> Any:
        if self.course and run.run_id in self.workflows:
            here = self.course.pop(0) if len(self.course) > 1 else self.course[0]
            update = deserialise(here, "V2beta1Run")
            run.state, run.run_details, run.error = update.state, update.run_details, update.error
        return run


def read(body: Any, model: str) -> Any:
    """Reads plain data by a model of the API; raises Refusal for what that does not have."""
    check(body, model, model)
    try:
        return deserialise(body, model)
    except (ValueError, TypeError) as error:
        raise Refusal(400, INVALID, f"{model}: {error}") from None


def check(value: Any, kind: str, where: str) -> None:
    """Holds plain data against a type of the API's, all the way down."""
    primitive = {"str": str, "int": int, "bool": bool, "float": float, "datetime": str}.get(kind)
    if kind == "object":
        return
    if primitive:
        if type(value) is not primitive and not (type(value) is int and where.rpartition(".")[2] in SPELLED):
            raise Refusal(400, INVALID, f"{where}: {json.dumps(value)} is no {kind}")
    elif kind.startswith("list["):
        for each in value:
            check(each, kind[5:-1], where)
    elif kind.startswith("dict("):
        for each in value.values():
            check(each, kind[5:-1].partition(", ")[2], where)
    elif isinstance(value, dict):
        model = getattr(models, kind)
        fields = {name: model.openapi_types[attribute] for attribute, name in model.attribute_map.items()}
        for name, each in value.items():
            if name not in fields:
                raise Refusal(400, INVALID, f'{where}: unknown field "{name}"')
            check(each, fields[name], f"{where}.{name}")


def deserialise(body: Any, model: str) -> Any:
    """Makes a model of the API's of plain data."""
    return CODECS.deserialize(type("Response", (), {"data": json.dumps(body)}), model)


def check_pipeline(specification: Any, given: dict[str, Any]) -> None:
    """Reads a pipeline by its protos, and holds the parameters against what it declares."""
    try:
        inner = specification.get("pipeline_spec", specification)
        pipeline = json_format.ParseDict(inner, pipeline_spec_pb2.PipelineSpec())
        json_format.ParseDict(specification.get("platform_spec", {}), pipeline_spec_pb2.PlatformSpec())
    except json_format.ParseError as error:
        raise Refusal(400, INVALID, f"Invalid input error: {error}") from None
    declared = pipeline.root.input_definitions.parameters
    for name, value in given.items():
        if name not in declared:
            raise Refusal(400, INVALID, f"Invalid input error: parameter '{name}' is not defined")
        kind = pipeline_spec_pb2.ParameterType.ParameterTypeEnum.Name(declared[name].parameter_type)
        if type(value) is not TYPES[kind]:
            raise Refusal(400, INVALID, f"Invalid input error: parameter '{name}' is no {kind}")


def check_tasks(pipeline: Mapping[str, Any]) -> None:
    """Refuses what the server cannot make a workflow of, and what a driver could not tell: who makes what it waits for.

    By src/v2/compiler/argocompiler/dag.go (addImplicitDependencies) and src/v2/expression/expression.go (Condition).
    """
    components = pipeline.get("components", {})
    for dag in [pipeline["root"]["dag"], *(each["dag"] for each in components.values() if "dag" in each)]:
        for name, task in dag["tasks"].items():
            inputs = task.get("inputs", {}).get("parameters", {})
            made = [each["taskOutputParameter"] for each in inputs.values() if "taskOutputParameter" in each]
            for told in made:
                producer = dag["tasks"].get(told["producerTask"])
                found = components[producer["componentRef"]["name"]] if producer else {}
                if told["outputParameterKey"] not in found.get("outputDefinitions", {}).get("parameters", {}):
                    raise Refusal(500, INTERNAL, f"{NO_WORKFLOW}: unknown producer task in DAG: {name}")
            condition = task.get("triggerPolicy", {}).get("condition", "")
            if set(re.findall(r"inputs\.parameter_values\['([^']*)'\]", condition)) - inputs.keys():
                raise Refusal(500, INTERNAL, f"{NO_WORKFLOW}: the condition of {name} names an input that it has not")


def chosen(things: dict[str, Any], query: dict[str, str]) -> list[Any]:
    """Lists what a query asks for."""
    kept = list(things.values())
    if query.get("pipeline_id"):
        kept = [thing for thing in kept if thing.pipeline_id == query["pipeline_id"]]
    if query.get("experiment_id"):
        kept = [thing for thing in kept if thing.experiment_id == query["experiment_id"]]
    for predicate in json.loads(query.get("filter") or "{}").get("predicates", ()):
        assert predicate["operation"] in (1, "EQUALS") and predicate["key"] == "display_name", predicate
        kept = [thing for thing in kept if thing.display_name.lower() == predicate["stringValue"].lower()]
    assert query.get("sort_by", "") in ("", "created_at desc"), query
    random.shuffle(kept)
    if query.get("sort_by"):
        kept.sort(key=lambda thing: thing.created_at, reverse=True)
    return kept[: int(query.get("page_size") or 10)]


def some(name: str, things: list[Any]) -> dict[str, Any]:
    """A list as the server's JSON has it, which leaves out what is empty."""
    return {name: things, "total_size": len(things)} if things else {}


def check_length(name: str, value: str) -> None:
    if len(value.encode()) > LENGTHS[name]:
        raise Refusal(400, INVALID, f"Invalid input error: {name} length cannot exceed {LENGTHS[name]}")


def found(things: dict[str, Any], key: str) -> Any:
    if key in things:
        return things[key]
    raise Refusal(404, NOT_FOUND, f"ResourceNotFoundError: {key} not found")


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the server."""

    server: "Listener"

    def do_GET(self) -> None:
        state, url = self.server.state, urlsplit(self.path)
        path = url.path.removeprefix(PREFIX)
        state.asked.append((self.command, path))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        instead = state.instead.get((self.command, path))
        if instead:
            self.server.leaving.wait(instead.delay)
            self.send(instead.status, instead.body.encode(), instead.type, instead.headers)
            return
        try:
            self.admit(state)
            if log := LOG.fullmatch(url.path):
                self.send(200, state.read_log(*log.groups()).encode(), "text/plain")
                return
            if not url.path.startswith(PREFIX):
                raise Refusal(404, 0, "404 page not found")
            query = {key: values[0] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
            uploads = "multipart" in self.headers.get("Content-Type", "")
            parsed = self.uploaded(body) if uploads else json.loads(body or "{}")
            found = state.answer(self.command, path, query, parsed)
            self.send(200, json.dumps(CODECS.sanitize_for_serialization(found)).encode())
        except Refusal as error:
            said = {"code": error.code, "message": error.message, "details": []}
            self.send(error.status, json.dumps(said).encode())

    do_POST = do_DELETE = do_GET

    def uploaded(self, body: bytes) -> str:
        """The one file of a form."""
        boundary = self.headers.get_param("boundary") or ""
        part = body.split(f"--{boundary}".encode())[1]
        return part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n").decode()

    def admit(self, state: KfpServer) -> None:
        if state.forbidden:
            raise Refusal(403, FORBIDDEN, "PermissionDenied: User 'me' is not authorized with reason: (request: ...)")
        if state.token and self.headers.get("Authorization") != f"Bearer {state.token}":
            raise Refusal(401, UNAUTHENTICATED, "Request header error: there is no user identity header")
        if state.cookie and self.headers.get("Cookie") != state.cookie:
            raise Refusal(401, UNAUTHENTICATED, "Request header error: there is no user identity header")

    def send(
        self, status: int, body: bytes, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class Listener(ThreadingHTTPServer):
    """The socket on which the server listens."""

    daemon_threads = True

    def __init__(self, state: KfpServer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state = state
        self.leaving = threading.Event()


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[KfpServer]:
    """A server that listens on loopback until the block is left, by TLS where it is given a context."""
    state = KfpServer()
    listener = Listener(state)
    if context:
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    state.host = f"{'https' if context else 'http'}://127.0.0.1:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,))  # seconds between looks for its end
    thread.start()
    try:
        yield state
    finally:
        listener.leaving.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
