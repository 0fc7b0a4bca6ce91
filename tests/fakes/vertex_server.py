"""A stand-in for Vertex AI's pipeline service, on a real socket: its own cannot be had without a project with billing.

Requests and answers are those of google-cloud-aiplatform's protos, which refuse a field that they do not have. What it
does otherwise is written in that library's pipeline_service.proto:

- CreatePipelineJob: a job has the id that is asked for, by 1 to 128 of `[a-z][-a-z0-9]`, once;
- CancelPipelineJob: begins an end; the job stays, and becomes CANCELLED;
- ListPipelineJobs: is filtered by `display_name="…"`; the library puts what it finds in order.

Before it sends a job the library asks Cloud Storage for the bucket, and Resource Manager whether that is the project's
(utils/gcs_utils.py): both answer here as well. One that is not is logged by the library, and no more.

It runs nothing: what becomes of a job is told it.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import google.auth
import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import resourcemanager
from google.cloud.aiplatform import initializer
from google.cloud.aiplatform_v1.services.pipeline_service.transports.grpc import PipelineServiceGrpcTransport
from google.cloud.aiplatform_v1.types import PipelineJob, PipelineState, pipeline_service
from google.cloud.resourcemanager_v3.services.projects.transports.grpc import ProjectsGrpcTransport
from google.cloud.resourcemanager_v3.types import projects
from google.protobuf import empty_pb2
from pytest import MonkeyPatch

from configs.clock import utc_now

SERVICE, MANAGER = "google.cloud.aiplatform.v1.PipelineService", "google.cloud.resourcemanager.v3.Projects"
NUMBER = "1"  # of the project, and of that of each bucket
NAME = re.compile("[a-z][-a-z0-9]{0,127}")
ENDED = (PipelineState.PIPELINE_STATE_SUCCEEDED, PipelineState.PIPELINE_STATE_FAILED)


class VertexServer:
    """The jobs of a project, the oldest first, by their whole name."""

    def __init__(self) -> None:
        self.jobs: dict[str, PipelineJob] = {}

    def get_project(self, request: Any, context: grpc.ServicerContext) -> projects.Project:
        """Tells of a project."""
        return projects.Project(name=f"projects/{NUMBER}")

    def create_pipeline_job(self, request: Any, context: grpc.ServicerContext) -> PipelineJob:
        """Takes a job in."""
        name = f"{request.parent}/pipelineJobs/{request.pipeline_job_id}"
        if not NAME.fullmatch(request.pipeline_job_id):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{request.pipeline_job_id} is no valid id.")
        if name in self.jobs:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{name} exists.")
        job = request.pipeline_job
        job.name, job.state, job.create_time = name, PipelineState.PIPELINE_STATE_PENDING, utc_now()
        self.jobs[name] = job
        return job

    def get_pipeline_job(self, request: Any, context: grpc.ServicerContext) -> PipelineJob:
        """Tells of a job."""
        return self._find(request.name, context)

    def list_pipeline_jobs(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tells of all jobs of a display name."""
        found = [job for job in self.jobs.values() if request.filter == f'display_name="{job.display_name}"']
        return pipeline_service.ListPipelineJobsResponse(pipeline_jobs=found)

    def cancel_pipeline_job(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Begins the end of a job."""
        job = self._find(request.name, context)
        if job.state in ENDED:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{request.name} is in the state {job.state.name}.")
        job.state = PipelineState.PIPELINE_STATE_CANCELLING
        return empty_pb2.Empty()

    def _find(self, name: str, context: grpc.ServicerContext) -> PipelineJob:
        if name not in self.jobs:
            context.abort(grpc.StatusCode.NOT_FOUND, f"{name} does not exist.")
        return self.jobs[name]


@contextmanager
def serve(monkeypatch: MonkeyPatch) -> Iterator[VertexServer]:
    """Answers all that the library asks of Google, by channels without TLS."""
    vertex, server = VertexServer(), grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, _handle_jobs(vertex))])
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(MANAGER, _handle_projects(vertex))])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    make_manager = resourcemanager.ProjectsClient

    def connect(config: Any, client_class: Callable[..., Any], **options: Any) -> Any:
        return client_class(None, None, transport=lambda **given: PipelineServiceGrpcTransport(channel=channel))

    def connect_manager(**options: Any) -> Any:
        return make_manager(transport=ProjectsGrpcTransport(channel=channel))

    monkeypatch.setattr(initializer._Config, "create_client", connect)
    monkeypatch.setattr(resourcemanager, "ProjectsClient", connect_manager)
    monkeypatch.setattr(google.auth, "default", lambda **scopes: (AnonymousCredentials(), "a-project"))
    monkeypatch.setattr(initializer.global_config, "_credentials", AnonymousCredentials())  # which keeps what it found
    with _serve_buckets() as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        yield vertex
    channel.close()
    server.stop(None)


@contextmanager
def _serve_buckets() -> Iterator[str]:
    """Lets each bucket be there, by Cloud Storage's JSON API."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            bucket = self.path.partition("/b/")[2].partition("?")[0]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({"name": bucket, "projectNumber": NUMBER}).encode())

        def log_message(self, format: str, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _handle_jobs(vertex: VertexServer) -> dict[str, grpc.RpcMethodHandler]:
    return {
        "CreatePipelineJob": _handle(vertex.create_pipeline_job, pipeline_service.CreatePipelineJobRequest),
        "GetPipelineJob": _handle(vertex.get_pipeline_job, pipeline_service.GetPipelineJobRequest),
        "ListPipelineJobs": _handle(vertex.list_pipeline_jobs, pipeline_service.ListPipelineJobsRequest),
        "CancelPipelineJob": _handle(vertex.cancel_pipeline_job, pipeline_service.CancelPipelineJobRequest),
    }


def _handle_projects(vertex: VertexServer) -> dict[str, grpc.RpcMethodHandler]:
    return {"GetProject": _handle(vertex.get_project, projects.GetProjectRequest)}


def _handle(answer: Callable[[Any, grpc.ServicerContext], Any], request: Any) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(answer, request.deserialize, _serialize)


def _serialize(message: Any) -> bytes:
    return (message if isinstance(message, empty_pb2.Empty) else type(message).pb(message)).SerializeToString()
