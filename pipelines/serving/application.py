"""Requests of HTTP, as ASGI hands them over, to the REST API and back."""

import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipelines.serving.json_tensor import Refusal
from pipelines.serving.model_manager import Models
from pipelines.serving.rest_api import RestApi

JSON, TEXT = b"application/json", b"text/plain; version=0.0.4; charset=utf-8"
Answer = tuple[int, bytes, bytes]  # status, type, body
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
logger = logging.getLogger("millrace.serving")


class Application:
    """Answers requests: those that ask the model in threads, one for each core, since the model lets others go on."""

    def __init__(self, models: Models) -> None:
        self.api = RestApi(models)
        self.workers = ThreadPoolExecutor(os.cpu_count())

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        body = await read_body(receive)
        if body is None:
            return
        if method == "POST":
            answering = asyncio.get_running_loop().run_in_executor(self.workers, self.predict, path, body)
            status, kind, answer = await answering
        else:
            status, kind, answer = self.answer(method, path, body)
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def predict(self, path: str, body: bytes) -> Answer:
        """Answers a request for predictions, and counts it."""
        started = time.perf_counter()
        answered = self.answer("POST", path, body)
        self.api.metrics.add_request(answered[0], time.perf_counter() - started)
        return answered

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Returns the status, the type and the bytes that answer a request."""
        status = 200
        answer: dict[str, Any] | str
        try:
            answer = self.api.answer(method, path, body)
        except Refusal as error:
            status, answer = error.status, {"error": str(error)}
        except Exception:  # a client is answered, whatever it is
            logger.exception("%s %.200s", method, path)
            status, answer = 500, {"error": "Internal error; the server's log says more"}
        if isinstance(answer, str):
            return status, TEXT, answer.encode()
        return status, JSON, json.dumps(answer, ensure_ascii=False).encode(errors="replace") + b"\n"


async def read_body(receive: Receive) -> bytes | None:
    """Returns the body of a request; None where the client is gone."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts)
