"""A webhook on a real socket, which keeps what it is sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hook:
    """A server that keeps what is posted, with its content type, and answers with a status."""

    def __init__(self, port: int = 0) -> None:
        self.taken, self.status, self.location = list[Any](), 200, ""
        hook = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                hook.taken.append((self.headers["Content-Type"], json.loads(content)))
                self.send_response(hook.status)
                if hook.location:
                    self.send_header("Location", hook.location)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    @property
    def texts(self) -> list[str]:
        """What was posted as `text`, in order."""
        return [content["text"] for _, content in self.taken]


@contextmanager
def listening(port: int = 0) -> Iterator[Hook]:
    """Lets a webhook take what is posted while the block runs."""
    hook = Hook(port)
    threading.Thread(target=hook.server.serve_forever, daemon=True).start()
    try:
        yield hook
    finally:
        hook.server.shutdown()
        hook.server.server_close()
