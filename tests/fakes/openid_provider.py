"""A stand-in for an identity provider, on a real socket: as strict as RFC 6749 and RFC 8628 want it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Provider:
    """Whom it knows, what it allows, and what it was asked; each token that it gives has a number of its own."""

    issuer: str = ""
    grants: set[str] = field(default_factory=lambda: {"password", "refresh_token", DEVICE})
    secret: str | None = None
    password: str = "p@ss"  # noqa: S105
    pending: list[str] = field(default_factory=list)  # what it answers before the code is entered
    lifetime: int = 3600
    refreshes: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    given: int = 0

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            places = {"token_endpoint": f"{self.issuer}/token"}
            if DEVICE in self.grants:
                places["device_authorization_endpoint"] = f"{self.issuer}/device"
            return 200, places
        self.asked.append(form)
        if form.get("client_id") != "millrace" or form.get("client_secret") != self.secret:
            return 401, {"error": "invalid_client", "error_description": "Invalid client credentials."}
        if path == "/device":
            page = f"{self.issuer}/enter"
            return 200, {"device_code": "d", "user_code": "ABCD-EFGH", "verification_uri": page, "interval": 0}
        grant = form["grant_type"]
        if grant not in self.grants:
            return 400, {"error": "unauthorized_client", "error_description": f"not allowed {grant}"}
        if grant == DEVICE and self.pending:
            return 400, {"error": self.pending.pop(0)}
        wrong = grant == "password" and form["password"] != self.password
        if wrong or (grant == "refresh_token" and not self.refreshes):
            return 400, {"error": "invalid_grant", "error_description": "Invalid username or password"}
        self.given += 1
        tokens = {"access_token": f"access-{self.given}", "id_token": f"id-{self.given}"}
        return 200, tokens | {"refresh_token": f"refresh-{self.given}", "expires_in": self.lifetime}


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider that listens on loopback until the block is left."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, found = provider.answer(self.path, dict(parse_qsl(body)))
            text = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
