"""What a process costs, with all that it starts."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds; MiB of the largest process; how many cores everybody else kept busy meanwhile."""

    wall: float
    cpu: float
    memory: float
    others: float


def measure(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[Cost, str]:
    """Runs a command to its end; returns its cost, and its standard output.

    Linux counts into its memory what this process holds when it starts it. Raises ChildProcessError, which holds the
    end of what it said, when it fails.
    """
    (folder / "tmp").mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "TF_CPP_MIN_LOG_LEVEL": "1", **env}
    out, log = folder / "out.txt", folder / "log.txt"
    busy, started = _busy(), time.monotonic()
    with out.open("wb") as stdout, log.open("wb") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stdout, stderr=stderr)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ChildProcessError(f"{' '.join(command)}\nended with {process.returncode}:\n{_tail(out)}\n{_tail(log)}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(wall, cpu, usage.ru_maxrss / 1024, max(0.0, (_busy() - busy - cpu) / wall)), out.read_text()


def _busy() -> float:
    """Returns the CPU seconds that this machine has spent on anything since it started."""
    spent = psutil.cpu_times()
    return spent.user + spent.system + getattr(spent, "irq", 0.0) + getattr(spent, "softirq", 0.0)


def _tail(path: Path, lines: int = 20) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
