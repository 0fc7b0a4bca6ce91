"""A control group of little memory, as a container has one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MOUNT = Path("/sys/fs/cgroup")


@contextmanager
def bounded(limit: int) -> Iterator[Path]:
    """Yields the folder of a group of so many bytes, which has no process yet; skips where none can be made."""
    unified = (MOUNT / "cgroup.controllers").exists()
    folder = (MOUNT if unified else MOUNT / "memory") / f"millrace-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / ("memory.max" if unified else "memory.limit_in_bytes")).write_text(str(limit))
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    try:
        yield folder
    finally:
        folder.rmdir()


def enter(folder: Path, command: list[str]) -> list[str]:
    """Returns the command that runs another in a group, which stands where a container sees its own."""
    script = 'echo $$ > "$0/cgroup.procs" && mount --bind "$0" "$1" && shift && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(folder), str(folder.parent), *command]
