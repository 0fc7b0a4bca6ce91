"""What this machine offers Millrace, and the remedy where it falls short."""

import os
import platform
import re
import shutil
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata, util
from pathlib import Path

from packaging.requirements import Requirement

from configs.memory import measure_free
from configs.repository import ROOT

LIBRARIES = ("tfx", "tensorflow", "keras", "apache-beam")
GLIBC = {"current": (2, 39), "legacy": (2, 17)}
REINSTALL = "Run `rm -rf .venv && make setup`."
GIGABYTE = 10**9


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what was found, whether that will do, and the remedy if not.

    `required` tells a must-have, without which nothing runs, from advice.
    """

    name: str
    ok: bool
    value: str
    remedy: str = ""
    required: bool = False


def examine(workspace: Path = Path("workspace")) -> list[Finding]:
    """Look at the interpreter, the stack and the machine; imports none of the heavy libraries."""
    stack = name_stack(sys.version_info[:2])
    findings = (
        examine_interpreter(),
        examine_glibc(stack),
        examine_stack(stack),
        examine_lock(ROOT / "requirements" / f"{stack}.txt"),
        examine_bytecode(),
        *([examine_compiler()] if Path(sys.prefix).name == ".venv" else []),  # an image is not set up again
        examine_disk(workspace),
        examine_memory(),
        Finding("cores", True, str(len(os.sched_getaffinity(0)))),
    )
    return [replace(finding, remedy="") if finding.ok else finding for finding in findings]


def name_stack(python: tuple[int, ...]) -> str:
    """Return the lock that a Python of this version is installed from."""
    return "legacy" if python < (3, 11) else "current"


def examine_interpreter() -> Finding:
    """See whether a stack exists for this Python."""
    fits = (3, 10) <= sys.version_info[:2] < (3, 14)
    value = f"Python {platform.python_version()} at {sys.executable}"
    return Finding("interpreter", fits, value, "Python 3.10 to 3.13 is needed. " + REINSTALL, required=True)


def examine_glibc(stack: str) -> Finding:
    """See whether the C library can load the stack's wheels."""
    version = platform.libc_ver()[1]
    least = GLIBC[stack]
    fits = tuple(map(int, re.findall(r"\d+", version)))[:2] >= least
    remedy = f"The {stack} stack loads with glibc {least[0]}.{least[1]} or newer. {REINSTALL}"
    return Finding("glibc", fits, version or "none", remedy, required=True)


def examine_stack(stack: str) -> Finding:
    """Name the versions of the libraries that do the work."""
    versions = {name: installed(name) for name in LIBRARIES}
    value = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
    return Finding("stack", all(versions.values()), f"{stack}: {value}", REINSTALL, required=True)


def examine_lock(lock: Path) -> Finding:
    """Count the installed packages that differ from the lock."""
    if not lock.exists():
        return Finding("lock", False, f"{lock.name} is not here", "Work in a checkout, installed by `make setup`.")
    pins = dict(read_pins(lock))
    odd = [f"{name} {installed(name) or 'missing'} for {pin}" for name, pin in pins.items() if installed(name) != pin]
    if not odd:
        return Finding("lock", True, f"all {len(pins)} packages as {lock.name} has them")
    shown = ", ".join(odd[:3]) + (" ..." if len(odd) > 3 else "")
    return Finding("lock", False, f"{len(odd)} of {len(pins)} packages differ from {lock.name}: {shown}", REINSTALL)


def read_pins(lock: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of each package that the lock holds for this interpreter."""
    for line in re.findall(r"^[A-Za-z0-9][^\\\n]*", lock.read_text(), re.MULTILINE):
        requirement = Requirement(line.strip())
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement.name, str(requirement.specifier).removeprefix("==")


def installed(name: str) -> str | None:
    """Return the version of an installed package."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def examine_bytecode() -> Finding:
    """See whether the libraries are compiled: without that each import of them takes a minute."""
    spec = util.find_spec("tfx")
    compiled = bool(spec and spec.origin and is_compiled(Path(spec.origin)))
    barred = " (PYTHONDONTWRITEBYTECODE is set)" if sys.dont_write_bytecode else ""
    remedy = f"Imports take a minute each time: run `{sys.executable} -m compileall -q {sys.prefix}`."
    return Finding("bytecode", compiled, ("compiled" if compiled else "not compiled") + barred, remedy)


def is_compiled(source: Path) -> bool:
    """Tell whether Python will take a module's bytecode: that made of another time or size is passed over.

    It begins with Python's own number, flags, and the source's time and size or, with flags, its hash (PEP 552).
    """
    try:
        with open(util.cache_from_source(str(source)), "rb") as file:
            magic, flags, time, size = struct.unpack("<4sIII", file.read(16))
    except (OSError, struct.error):
        return False
    told = source.stat()
    fresh = (time, size) == (int(told.st_mtime) & 0xFFFFFFFF, told.st_size & 0xFFFFFFFF)
    return magic == util.MAGIC_NUMBER and (flags != 0 or fresh)


def examine_compiler() -> Finding:
    """See whether a set-up could build pyfarmhash again."""
    found = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
    return Finding("compiler", found is not None, found or "none", "The next set-up needs it: `apt-get install g++`.")


def examine_disk(workspace: Path) -> Finding:
    """See whether the workspace has room for a run."""
    folder = next(path for path in (workspace.resolve(), *workspace.resolve().parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    remedy = "Free 5 GB there, or name another folder as storage.root."
    return Finding("disk", free >= 5 * GIGABYTE, f"{free / GIGABYTE:.1f} GB free at {folder}", remedy)


def examine_memory() -> Finding:
    """See whether a run fits into memory."""
    free = measure_free()
    return Finding("memory", free >= 4 * GIGABYTE, f"{free / GIGABYTE:.1f} GB free", "Leave a run 4 GB of memory.")
