"""How workers of a training that are pods of their own meet: by a file that all see, and lines that ask for its key."""

import json
import os
import secrets
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from pathlib import Path

from configs.errors import MillraceError
from configs.nodes import name_worker, task
from configs.progress import LANDMARK, PROGRESS, spell_duration

MEETING = "MILLRACE_WORKERS"  # in a Trainer's environment: the file by which it meets workers of other pods
HERE = "127.0.0.1"
PATIENCE = 1800.0  # seconds that one waits for the other: a cluster may have to add a machine
GREETING = 10  # seconds in which a connection is to prove that it knows the key
ALIVE = {socket.TCP_KEEPIDLE: 15, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 6}  # a machine may go without a word
Proof = Callable[[Connection, bytes], None]


@dataclass(frozen=True)
class Call:
    """Where the first worker listens, and what it takes whoever knows for another one."""

    host: str
    port: int
    key: str


@contextmanager
def gather(file: Path, workers: int, patience: float = PATIENCE) -> Iterator[list[tuple[Connection, str]]]:
    """Calls the other workers and gives, once all have come, the line to each and the address that it trains at.

    Raises MillraceError where one does not come in `patience` seconds. The lines end with the context.
    """
    deadline, key, come = time.monotonic() + patience, secrets.token_bytes(32), dict[int, tuple[Connection, str]]()
    with ExitStack() as lines, socket.create_server((find_host(), 0), backlog=workers) as server:
        host, port = server.getsockname()
        publish(file, Call(host, port, key.hex()))
        lines.callback(file.unlink, missing_ok=True)
        while missing := [number for number in range(2, workers + 1) if number not in come]:
            PROGRESS.log(LANDMARK, "waits for %d of %d workers", len(missing), workers)
            server.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                found, _ = server.accept()
            except TimeoutError:
                raise explain_absence(missing[0], workers, patience) from None
            if line := greet(found, key, (deliver_challenge, answer_challenge)):
                lines.enter_context(line)
                with suppress(EOFError, OSError):
                    number, address = line.recv()
                    come[number] = line, address
        file.unlink(missing_ok=True)
        yield [come[number] for number in sorted(come)]


def answer(file: Path, number: int) -> Connection | None:
    """Returns the line to who calls by a file, told that this is the worker of a number; None where nobody does."""
    try:
        call = Call(**json.loads(file.read_text()))
        found = socket.create_connection((call.host, call.port), GREETING)
        found.settimeout(None)
        here = found.getsockname()[0]
        if line := greet(found, bytes.fromhex(call.key), (answer_challenge, deliver_challenge)):
            line.send((number, *choose_addresses(1, here)))
        return line
    except (OSError, ValueError, TypeError):  # it is half gone, or of one that was killed
        return None


def greet(found: socket.socket, key: bytes, proofs: Sequence[Proof]) -> Connection | None:
    """Returns the line of a connection whose other end knows the key; None where that does not prove it in time."""
    with found:
        line = Connection(os.dup(found.fileno()))  # what is set of the one is set of both
        try:
            wait_for(found, GREETING)
            for prove in proofs:
                prove(line, key)
            wait_for(found, 0)
            found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in ALIVE.items():
                found.setsockopt(socket.IPPROTO_TCP, option, value)
        except (AuthenticationError, EOFError, OSError):
            line.close()
            return None
        return line


def wait_for(found: socket.socket, seconds: int) -> None:
    """Has a connection be waited for so long where something is read, and for ever with 0."""
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))


def publish(file: Path, call: Call) -> None:
    """Writes the file, which this user alone may read; a reader sees all of it or nothing."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with open(fresh, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
        json.dump(asdict(call), stream)
    fresh.replace(file)


def find_host() -> str:
    """Returns the address by which other machines reach this one: a pod's own, as Kubernetes writes it into a pod."""
    return socket.gethostbyname(socket.gethostname())


def choose_addresses(workers: int, host: str = HERE) -> list[str]:
    """Returns addresses of this machine that nobody listens at, one for each worker.

    TensorFlow listens at these ports of all its addresses, and asks nobody who he is.
    """
    with ExitStack() as bound:
        sockets = [bound.enter_context(socket.create_server((host, 0))) for _ in range(workers)]
        return [f"{host}:{each.getsockname()[1]}" for each in sockets]


def explain_absence(number: int, workers: int, patience: float) -> MillraceError:
    """Returns what to say of a worker that has not come."""
    what = f"Worker {number} of {workers} has not come in {spell_duration(patience)}."
    return MillraceError(what, "Trainer", f"What keeps its pod: {tell_how_to_look(number)}")


def tell_how_to_look(number: int) -> str:
    """Returns the command that shows what Kubernetes knows of the pods of the worker of a number."""
    return f"kubectl describe pods --selector app.kubernetes.io/component={task(name_worker(number))}"
