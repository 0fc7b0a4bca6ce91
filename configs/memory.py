"""How much memory a process may still take: what the machine has free, and what its control groups leave."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import psutil


@dataclass(frozen=True)
class Layout:
    """What a release of Linux's control groups calls its files, and how it says that there is no limit."""

    limit: str
    used: str
    reclaimed: str  # in memory.stat: what the kernel takes back before it kills anybody


V1 = Layout("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
V2 = Layout("memory.max", "memory.current", "inactive_file")


def measure_free(root: Path = Path("/")) -> int:
    """Returns how many bytes are free to this process, by the machine and by each control group that it is in.

    In a container the group's path may be the machine's, whose folders are not there: its own is the nearest that is.
    """
    return max(0, min([psutil.virtual_memory().available, *_list_left(root)]))


def _list_left(root: Path) -> Iterator[int]:
    for layout, mount, path in _list_groups(root):
        for folder in (path, *path.parents):
            with suppress(OSError, ValueError, LookupError):  # it is not there, or has no limit ("max")
                yield _measure_left(mount / folder.relative_to("/"), layout)


def _list_groups(root: Path) -> Iterator[tuple[Layout, Path, PurePosixPath]]:
    """Yields where the groups of this process lie that bound memory; there is none but on Linux."""
    lines = []
    with suppress(OSError):
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            yield V1, root / "sys/fs/cgroup/memory", PurePosixPath(path)
        elif not controllers:
            yield V2, root / "sys/fs/cgroup", PurePosixPath(path)


def _measure_left(folder: Path, layout: Layout) -> int:
    limit, used = (int((folder / name).read_text()) for name in (layout.limit, layout.used))
    counts = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    return limit - used + int(counts[layout.reclaimed])
