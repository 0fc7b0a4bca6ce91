"""A client's connection: uvicorn's, with limits on what a client may send and for how long it may leave it undone."""

import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

IDLE = 75  # seconds between requests, and for an answer to be read: longer than the 60 of load balancers
HEAD = 10  # seconds from the first byte of a request to the end of its headers
BODY = 30  # seconds for all of its body
LINGER = 5  # seconds in which a client that was refused may notice
PARTING = 1  # seconds in which a client may send a last request to a server that ends, which it may have sent already
MAX_HEAD = 64 * 1024  # bytes


class Connection(HttpToolsProtocol):
    """Takes requests; `due` is when the client must have done what is awaited of it, `expire` sees to that."""

    def __init__(self, *, max_body: int, **given: Any) -> None:
        super().__init__(**given)
        self.max_body, self.size = max_body, 0
        self.in_head, self.refused, self.parting = False, False, False
        self.due: float | None = self.loop.time() + IDLE
        self.taken: float | None = None  # when an answer must have been read

    def expire(self, now: float) -> None:
        """Closes the connection where its client is late."""
        if any(limit is not None and now > limit for limit in (self.due, self.taken)):
            self.transport.abort()

    def shutdown(self) -> None:
        """Answers what is at work or comes in the next moment, tells the client that this was the last, and closes.

        To close a connection while its client sends would lose a request, and clients repeat no POST.
        """
        self.parting = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(PARTING, self.close_idle)
        else:
            self.cycle.keep_alive = False

    def close_idle(self) -> None:
        """Closes the connection unless a request is at work."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.taken = self.loop.time() + IDLE

    def resume_writing(self) -> None:
        super().resume_writing()
        self.taken = None

    def refuse(self, status: HTTPStatus, why: str) -> None:
        """Answers, and drops what the client goes on sending: closed at once, it would not read the answer."""
        self.refused, self.due = True, self.loop.time() + LINGER
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # nobody awaits its answer
            self.cycle.message_event.set()
        body = json.dumps({"error": why}).encode() + b"\n"
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self.transport.write_eof()
        self.flow.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        goes_on = self.in_head  # else other requests may stand before it in these data, which are limited by themselves
        super().data_received(data)
        if self.in_head and goes_on:
            self.size += len(data)
            if self.size > MAX_HEAD:
                self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The headers exceed {MAX_HEAD:,} bytes")

    def send_400_response(self, msg: str) -> None:
        if not self.refused:
            self.refuse(HTTPStatus.BAD_REQUEST, msg)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.in_head, self.size, self.due = True, 0, self.loop.time() + HEAD

    def on_headers_complete(self) -> None:
        self.in_head, self.size, self.due = False, 0, self.loop.time() + BODY
        if int(dict(self.headers).get(b"content-length", 0)) > self.max_body:
            self.refuse_body()
        else:
            super().on_headers_complete()
            if self.parting:
                self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self.size += len(body)
        if self.refused:
            return
        if self.size > self.max_body:
            self.refuse_body()
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.refused:
            self.due = None
            super().on_message_complete()

    def refuse_body(self) -> None:
        """Refuses a body that is announced or grows beyond what is taken."""
        why = f"The body exceeds the {self.max_body:,} bytes that this server takes. Send fewer rows in a request."
        self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)

    def timeout_keep_alive_handler(self) -> None:
        self.transport.abort()  # a client that does not read its answer would hold up a mere close
