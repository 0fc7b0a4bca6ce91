"""Who holds a lease: a process, named so that another on the same machine can tell whether it lives."""

import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Holder:
    """A process by its host, the boot of that, its number, and when it began, in ticks since the boot.

    A number is given again to others, and a boot ends all; in containers the same number may be that of several
    processes, each in a space of numbers of its own. Without a number it is nobody at work.
    """

    host: str
    machine: str = ""
    boot: str = ""
    space: int = 0
    pid: int = 0
    began: int = 0

    @classmethod
    def here(cls) -> "Holder":
        """Returns this process."""
        machine, boot = (_read(path) for path in ("/etc/machine-id", "/proc/sys/kernel/random/boot_id"))
        pid = os.getpid()
        return cls(socket.gethostname()[:64], machine, boot, _number_space(), pid, _life(pid) or 0)

    @classmethod
    def parse(cls, text: str) -> "Holder":
        """Returns what `str` made a text of; a text that it did not make is the name of a host."""
        with suppress(ValueError, TypeError):
            return cls(**json.loads(text))
        return cls(text)

    def __str__(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":")) if self.pid else self.host

    def describe(self) -> str:
        """Returns it as a person reads it."""
        return f"process {self.pid} on {self.host}" if self.pid else f"last on {self.host}"

    def is_dead(self) -> bool:
        """Whether this machine knows for certain that the process has ended."""
        here = Holder.here()
        if not self.pid or (self.host, self.machine) != (here.host, here.machine):
            return False
        if self.boot != here.boot:
            return True
        return self.space == here.space and _life(self.pid) != self.began


def _life(pid: int) -> int | None:
    """Returns when a process began; None for one that has ended, whether or not its parent has heard of that."""
    with suppress(OSError, ValueError, IndexError):
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if state in "ZX" else int(fields[18])
    return None


def _number_space() -> int:
    with suppress(OSError):
        return os.stat("/proc/self/ns/pid").st_ino
    return 0


def _read(path: str) -> str:
    with suppress(OSError):
        return Path(path).read_text().strip()[:40]
    return ""
