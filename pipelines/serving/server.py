"""A server of one model on this machine: it answers with the version in service, and takes up each new one.

uvicorn speaks HTTP in one thread, which never waits for a client, nor for a model that takes long.
"""

import asyncio
import errno
import gc
import logging
import resource
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import uvicorn

from configs.errors import ConfigError
from pipelines.serving.application import Application
from pipelines.serving.connection import IDLE, Connection
from pipelines.serving.model_manager import Models
from pipelines.serving.request_log import RequestLog

WAITING = 2048  # connections that the system holds until they are taken
FULL = 0.1  # seconds until it is tried again to take a connection where there are too many files
GRACE = 20  # seconds in which requests at work may end once the server is told to


class Server(uvicorn.Server):
    """Takes all connections that wait at a time, and closes those whose clients are late.

    The event loop's own server takes one between two rounds of requests: of many clients the last would wait for long.
    """

    def __init__(self, config: uvicorn.Config, listening: Sequence[socket.socket]) -> None:
        super().__init__(config)
        self.listening = listening
        self.connecting: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
        self.loop = asyncio.get_running_loop()
        connection: Any = self.config.http_protocol_class
        self.connect = partial(connection, config=self.config, server_state=self.server_state, app_state={})
        for each in self.listening:
            each.setblocking(False)
            self.watch(each)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for each in self.listening:
            self.loop.remove_reader(each)
            self.accept(each)  # who was let in by the system has sent a request already
            each.close()
        await asyncio.gather(*self.connecting, return_exceptions=True)
        await super().shutdown([])

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            now = self.loop.time()
            for connection in list(self.server_state.connections):
                connection.expire(now)  # type: ignore[union-attr]
        return await super().on_tick(counter)

    def watch(self, listening: socket.socket) -> None:
        """Waits for connections."""
        if not self.should_exit:
            self.loop.add_reader(listening, self.accept, listening)

    def accept(self, listening: socket.socket) -> None:
        """Takes the connections that wait; where the system gives no more, tries again in a moment."""
        try:
            while True:
                accepted, _ = listening.accept()
                task = self.loop.create_task(self.loop.connect_accepted_socket(self.connect, accepted))
                self.connecting.add(task)
                task.add_done_callback(self.connecting.discard)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.loop.remove_reader(listening)
                self.loop.call_later(FULL, self.watch, listening)


def bind(host: str, port: int) -> list[socket.socket]:
    """Returns sockets that hold a port, at each address of a host that there is here; raises ConfigError.

    Nobody can connect before `listen`: who finds the port open is to be answered.
    """
    made: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                made.append(_bind(family, address))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:  # ::1 in a container without IPv6
                    raise
                absent = error
        if absent and not made:
            raise absent
    except OSError as error:
        for each in made:
            each.close()
        what = f"the server cannot listen there: {error.strerror or error}"
        raise ConfigError(what, f"--host {host} --port {port}", "Choose another, or end what holds it.") from error
    return made


def _bind(family: socket.AddressFamily, address: Any) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def listen(sockets: Sequence[socket.socket]) -> None:
    """Opens the ports."""
    for each in sockets:
        each.listen(WAITING)


def serve(models: Models, sockets: Sequence[socket.socket], max_body: int, log: RequestLog | None = None) -> None:
    """Serves the model until it is interrupted; requests at work are answered then. Bodies are limited in bytes."""
    allow_connections()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it warns of what clients do wrong
    stop = threading.Event()
    threading.Thread(target=models.watch, args=(stop,), daemon=True).start()
    for signaled in (signal.SIGTERM, signal.SIGINT):  # uvicorn hands them on once it has ended
        signal.signal(signaled, lambda *_: sys.exit(0))
    gc.freeze()  # else what was loaded is looked through again and again for garbage, while requests wait
    try:
        build(models, sockets, max_body, log).run()
    finally:
        stop.set()
        if log:
            log.close()


def build(models: Models, sockets: Sequence[socket.socket], max_body: int, log: RequestLog | None = None) -> Server:
    """Returns a server that is yet to be run."""
    protocol: Any = partial(Connection, max_body=max_body)
    return Server(uvicorn.Config(Application(models, log), http=protocol, **SETTINGS), sockets)


def allow_connections() -> None:
    """Lifts the limit on open files, often 1,024, to what this process may have: a connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


SETTINGS: dict[str, Any] = {
    "loop": "uvloop",
    "ws": "none",
    "lifespan": "off",
    "interface": "asgi3",
    "log_config": None,
    "access_log": False,
    "proxy_headers": False,
    "server_header": False,
    "timeout_keep_alive": IDLE,
    "timeout_graceful_shutdown": GRACE,
}
