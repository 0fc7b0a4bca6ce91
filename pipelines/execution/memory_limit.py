"""How much memory this container may have, by its control group, and what became of a process that wanted more.

Either version of control groups is read where a container has its own mounted. Of version 2 Kubernetes has the kernel
kill all of a container at once (memory.oom.group): then there is nobody left to tell, and its pod is `OOMKilled`.
"""

from pathlib import Path

from configs.errors import MillraceError
from configs.schema.config import Config
from configs.schema.kubernetes import count_bytes
from configs.schema.resources import Resources

GROUP = Path("/sys/fs/cgroup")
LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
EVENTS = ("memory.events", "memory/memory.oom_control")
PAGE = 4096  # bytes, in whole numbers of which the kernel keeps a limit
UNLIMITED = 1 << 60  # bytes: what version 1 has for no limit is a little below 2^63
REACHED = "memory_limit"  # of an outcome's details: the limit that the node has reached, in bytes


def read_limit() -> int | None:
    """Returns the limit in bytes; None where there is none."""
    text = _read(LIMITS).strip()
    return int(text) if text.isdigit() and int(text) < UNLIMITED else None


def count_kills() -> int:
    """Returns how many processes the kernel has killed because the container had reached its limit."""
    counts = dict(line.split()[:2] for line in _read(EVENTS).splitlines())
    return int(counts.get("oom_kill", 0))


def explain(config: Config, node: str) -> MillraceError:
    """Returns what to say of a node whose process was killed for it.

    What its container has counts: a quota, a LimitRange or a person may have set another limit than the config.
    """
    limit = read_limit()
    owner = node if (own := config.resources.get(node)) and own.memory else "default"
    given = config.resources.get(owner, Resources()).memory
    key = f"resources.{owner if given else node}.memory"
    if limit and given and abs(count_bytes(given) - limit) >= PAGE:
        size, said = f"{limit >> 20}Mi", f"{key} says {given}"
    else:
        size, said = given or (f"{limit >> 20}Mi" if limit else "memory"), key
    what = f"{node} reached its limit of {size} ({said}), and was killed"
    details = {REACHED: limit} if limit else {}
    return MillraceError(what, node, f"Raise {key}, or lower what the node keeps in memory.", details)


def _read(names: tuple[str, ...]) -> str:
    found = (path for path in map(GROUP.joinpath, names) if path.is_file())
    return next((path.read_text() for path in found), "")
