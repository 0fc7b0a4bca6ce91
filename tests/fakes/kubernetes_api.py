"""A stand-in for Kubernetes' API, on a real socket: the workflows and pods of one namespace, for who brings its token.

It answers what a list by label answers (kubernetes.io/docs/reference: pods, custom objects) and 403 for who may not.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

TOKEN = "k8s-7f3e91"  # noqa: S105
PLACES = {
    "/api/v1/namespaces/kubeflow/pods": "pods",
    "/apis/argoproj.io/v1alpha1/namespaces/kubeflow/workflows": "workflows",
}


@dataclass
class Kubernetes:
    """What there is, by kind, and what who asks may list."""

    pods: list[dict[str, Any]] = field(default_factory=list)
    workflows: list[dict[str, Any]] = field(default_factory=list)
    may: tuple[str, ...] = ("pods", "workflows")
    host: str = ""

    def list(self, kind: str, selector: str) -> tuple[int, dict[str, Any]]:
        key, equals, value = selector.partition("=")
        if kind not in self.may:
            return 403, {"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403}
        labels = ((each, each["metadata"]["labels"]) for each in getattr(self, kind))
        found = [each for each, of in labels if (of.get(key) == value if equals else key in of)]
        return 200, {"kind": "List", "items": found}


def make_pod(run: str, task: str, name: str, **status: Any) -> dict[str, Any]:
    """A pod of a step, with such a status."""
    labels = {"pipeline/runid": run, "app.kubernetes.io/component": task}
    return {"metadata": {"name": name, "labels": labels}, "status": {"phase": "Pending", **status}}


def make_workflow(run: str) -> dict[str, Any]:
    return {"metadata": {"name": "trips-x7k2p", "labels": {"pipeline/runid": run}}}


@contextmanager
def serving(kubeconfig: Path) -> Iterator[Kubernetes]:
    """Serves it, and writes the file that tells how it is reached."""
    state = Kubernetes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            kind = PLACES.get(url.path, "")
            status, answer = state.list(kind, parse_qs(url.query).get("labelSelector", [""])[0])
            if self.headers.get("authorization") != f"Bearer {TOKEN}":
                status, answer = 401, {"kind": "Status", "code": 401}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.host = f"http://127.0.0.1:{server.server_port}"
    entry = {"cluster": "here", "user": "me", "namespace": "kubeflow"}
    kubeconfig.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1", "kind": "Config", "current-context": "here",
                "clusters": [{"name": "here", "cluster": {"server": state.host}}],
                "users": [{"name": "me", "user": {"token": TOKEN}}],
                "contexts": [{"name": "here", "context": entry}],
            }
        )
    )  # fmt: skip
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
