"""Secrets of Google's Secret Manager, asked of a server that stands in for its API."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import google.auth
import pytest
from google.auth.credentials import AnonymousCredentials

from configs.errors import ConfigError, MillraceError
from pipelines.execution import secret_manager

URL = "mysql://me:p%40ss@10.0.0.1/runs"


class Api(BaseHTTPRequestHandler):
    """Knows one secret."""

    def do_GET(self) -> None:
        known = self.path == "/projects/ours/secrets/metadata/versions/latest:access"
        body = json.dumps({"payload": {"data": base64.b64encode(f"{URL}\n".encode()).decode()}}).encode()
        self.send_response(200 if known else 403)
        self.send_header("Content-Length", str(len(body) if known else 0))
        self.end_headers()
        if known:
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def _api(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(secret_manager, "API", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(google.auth, "default", lambda scopes: (AnonymousCredentials(), "ours"))
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("_api")
@pytest.mark.parametrize("name", ["metadata", "projects/ours/secrets/metadata/versions/latest"])
def test_a_secret_is_read_by_its_name_or_its_path(name: str) -> None:
    assert secret_manager.read_secret(name) == URL


@pytest.mark.usefixtures("_api")
def test_a_secret_that_may_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MillraceError, match="^other: The secret cannot be read: 403") as error:
        secret_manager.read_secret("other")
    assert "roles/secretmanager.secretAccessor" in error.value.remedy


def test_a_machine_without_credentials_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(MillraceError, match="^metadata: The secret cannot be read: File .*none.json was not found"):
        secret_manager.read_secret("metadata")


@pytest.mark.parametrize("name", ["", "a b", "../other", "projects/p/secrets/s", "projects/p/secrets/s/versions/1/x"])
def test_what_names_no_secret_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="names no secret"):
        secret_manager.read_secret(name)
