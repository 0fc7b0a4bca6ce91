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
from pipelines.serving.request_log import RequestLog
from pipelines.serving.rest_api import RestApi

JSON, TEXT = b"application/json", b"text/plain; version=0.0.4; charset=utf-8"
Answer = tuple[int, bytes, bytes]  # status, type, body
SHORT = 16_000  # bytes of a body that is read in a moment
MOMENT = 0.005  # seconds
WEIGHT = 0.1  # of the last request in the pace
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
logger = logging.getLogger("millrace.serving")


class Application:
    """Answers requests: at once what takes a moment, and in threads, one for each core, what may take longer.

    To hand a row to another thread and its answer back costs a third of the time of a small model.
    """

    def __init__(self, models: Models, log: RequestLog | None = None) -> None:
        self.api = RestApi(models, log)
        self.workers = ThreadPoolExecutor(os.cpu_count())
        self.pace = 1.0  # seconds that short requests took of late; much, until it is known

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        body = await read_body(receive)
        if body is None:
            return
        if len(body) <= SHORT and self.pace <= MOMENT:
            status, kind, answer = self.answer(method, path, body)
        else:
            answering = asyncio.get_running_loop().run_in_executor(self.workers, self.answer, method, path, body)
            status, kind, answer = await answering
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Returns the status, the type and the bytes that answer a request, which is counted."""
        started = time.perf_counter()
        answered = self.find_answer(method, path, body)
        seconds = time.perf_counter() - started
        if method == "POST":
            self.api.metrics.add_request(answered[0], seconds)
            if len(body) <= SHORT:
                self.pace += WEIGHT * (seconds - self.pace)
        return answered

    def find_answer(self, method: str, path: str, body: bytes) -> Answer:
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
