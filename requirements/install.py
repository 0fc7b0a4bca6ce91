"""Install Millrace into .venv from the newest locks that this machine can load (`make setup` calls this)."""

from __future__ import annotations  # the installer itself runs on any Python from 3.8

import fcntl
import glob
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON, MILLRACE, STAMP, LOG = VENV / "bin/python", VENV / "bin/millrace", VENV / "stamp", VENV / "setup.log"
NAMES = ("python3.13", "python3.12", "python3.11", "python3.10", "python3", "python")
COMPILERS = (("cc", "c++"), ("gcc", "g++"), ("clang", "clang++"))
# Run by each candidate. A virtual environment answers for the interpreter it was made from.
PROBE = """
import importlib.util, json, os, sys, sysconfig
header = os.path.join(sysconfig.get_path("include"), "Python.h")
lacks = [] if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip") else ["venv"]
lacks += [] if os.path.exists(header) else ["dev"]
print(json.dumps([os.path.realpath(sys._base_executable), list(sys.version_info[:3]), lacks]))
"""


class Stack(NamedTuple):
    """Two locks, and the machines that can load what they pin."""

    name: str
    title: str
    pythons: tuple[tuple[int, int], ...]
    glibc: tuple[int, ...]

    @property
    def span(self) -> str:
        return " to ".join(dotted(python) for python in sorted({self.pythons[0], self.pythons[-1]}))


class Interpreter(NamedTuple):
    """A Python that runs, and which of `venv` and `dev` (the C headers) its installation lacks."""

    path: str
    version: tuple[int, ...]
    lacks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"Python {dotted(self.version)} at {self.path}"


class Choice(NamedTuple):
    """The stack to install, the interpreter to run it, and why no newer one."""

    stack: Stack
    interpreter: Interpreter
    reason: str


class Unfit(Exception):
    """This machine cannot take any of the stacks yet; the message says what to do about it."""


STACKS = (
    Stack("current", "current", ((3, 11), (3, 12), (3, 13)), (2, 39)),
    Stack("legacy", "long-lived", ((3, 10),), (2, 17)),
)


def locks(stack: str) -> tuple[Path, Path]:
    """Return what a stack runs by, and what it is made and checked with."""
    return ROOT / "requirements" / f"{stack}.txt", ROOT / "requirements" / f"{stack}-dev.txt"


def dotted(version: Iterable[int]) -> str:
    """Write a version as people do."""
    return ".".join(map(str, version))


def glibc() -> tuple[int, ...]:
    """Return the C library's version, or (0, 0) where the locks' wheels do not load at all."""
    name, version = platform.libc_ver()
    loads = (platform.system(), platform.machine(), name) == ("Linux", "x86_64", "glibc")
    return tuple(map(int, version.split(".")[:2])) if loads else (0, 0)


def compiler() -> tuple[str, str] | None:
    """Return the C and the C++ compiler to build with."""
    return next((pair for pair in COMPILERS if all(map(shutil.which, pair))), None)


def candidates() -> list[str]:
    """List the files that may be a Python, the user's own PATH first."""
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    folders = [*os.get_exec_path(), "/usr/local/bin", "/usr/bin"]
    for pattern in (f"{pyenv}/versions/*/bin", "/opt/*/bin", "/opt/python/*/bin"):
        folders += sorted(glob.glob(pattern))
    files = (os.path.join(folder, name) for folder in folders for name in NAMES)
    return list(dict.fromkeys([sys.executable, *filter(os.path.isfile, files)]))


def probe(path: str) -> Interpreter | None:
    """Run a candidate; None if it does not run (a pyenv shim may stand for a version that is not there)."""
    try:
        answer = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, timeout=30, check=True).stdout
        base, version, lacks = json.loads(answer)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Interpreter(base, tuple(version), tuple(lacks))


def interpreters(paths: Iterable[str]) -> list[Interpreter]:
    """Return the Pythons that really run, each once."""
    return list(dict.fromkeys(filter(None, map(probe, paths))))


def choose(libc: tuple[int, ...], pythons: Sequence[Interpreter], compilers: tuple[str, str] | None) -> Choice:
    """Choose the newest stack that this machine can load; raise Unfit with the remedy if there is none."""
    if libc < STACKS[-1].glibc:
        machine = f"{platform.system()} {platform.machine()}, glibc {dotted(libc) if any(libc) else 'none'}"
        raise Unfit(f"TFX's wheels load on Linux x86_64 with glibc 2.17 or newer only; this is {machine}.")
    newest = sorted(pythons, key=lambda python: python.version, reverse=True)
    choice, gaps, steps = None, [], []
    for stack in STACKS:
        if libc < stack.glibc:
            gaps.append(f"glibc {dotted(libc)} is older than the {dotted(stack.glibc)} of the {stack.title} stack")
            continue
        fitting = [python for python in newest if python.version[:2] in stack.pythons]
        whole = [python for python in fitting if not python.lacks]
        if whole:
            choice = Choice(stack, whole[0], "; ".join(gaps) or "the newest stack there is")
            break
        gaps.append(f"the {stack.title} stack needs {wants(fitting[0]) if fitting else f'Python {stack.span}'}")
        steps.append(remedy(stack, fitting))
    if choice and compilers:
        return choice
    steps = [] if choice else steps[:1]
    if not compilers:
        gaps.append("pyfarmhash is built from source and there is no C++ compiler")
        steps.append("`apt-get install g++`")
    raise Unfit(f"Nothing was installed: {'; '.join(gaps)}. Run {' and '.join(steps)}, then `make setup`.")


def wants(python: Interpreter) -> str:
    """Say what an interpreter is short of."""
    names = {"venv": "the venv module", "dev": "the C headers"}
    return f"{' and '.join(names[part] for part in python.lacks)} of {python}"


def remedy(stack: Stack, fitting: Sequence[Interpreter]) -> str:
    """Name the command that makes a stack's Python whole, or brings one."""
    if fitting:
        version = dotted(fitting[0].version[:2])
        return "`apt-get install " + " ".join(f"python{version}-{part}" for part in fitting[0].lacks) + "`"
    newest = dotted(stack.pythons[-1])
    name = "python3" if len(stack.pythons) > 1 else f"python{newest}"
    return f"`apt-get install {name}-venv {name}-dev` (or `pyenv install {newest}` where there is no such package)"


def fingerprint(stack: str, python: str) -> str:
    """Digest all that an installation depends on; the folder too, since scripts name their interpreter in full."""
    files = (*locks(stack), ROOT / "setup.py", Path(__file__))
    parts = [stack, python, str(ROOT), *(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def ready() -> bool:
    """Tell whether .venv holds a whole installation of what the checkout asks for."""
    try:
        stack, python, digest = STAMP.read_text().splitlines()
        return PYTHON.exists() and MILLRACE.exists() and digest == fingerprint(stack, python)
    except (OSError, ValueError):
        return False


def pin(lock: Path, name: str) -> str:
    """Cut one package, its hashes with it, out of a lock."""
    found = re.search(rf"^{re.escape(name)}==.*?(?=^\S|\Z)", lock.read_text(), re.MULTILINE | re.DOTALL)
    if not found:
        raise Unfit(f"{lock} pins no {name}: run `make lock` in a whole checkout.")
    return found.group()


def run(*command: str | Path) -> bool:
    """Run an installer, its chatter in the log."""
    cc, cxx = compiler() or ("cc", "c++")
    env = {"CC": cc, "CXX": cxx, **os.environ}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        log.flush()
        return subprocess.call(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log) == 0


def demand(step: str, *commands: Sequence[str | Path]) -> None:
    """Do a step by the first command that works; raise Unfit with the log's end if none does."""
    if not any(run(*command) for command in commands):
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
        raise Unfit(f"Could not {step}; the last lines of {LOG}:\n{tail}")


def install(stack: Stack, python: str) -> None:
    """Make .venv anew and stamp it once it is whole."""
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir(exist_ok=True)
    pip = (PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check")
    locked = ("--no-deps", "--require-hashes", *(part for lock in locks(stack.name) for part in ("-r", lock)))
    demand("make .venv", [python, "-m", "venv", VENV])
    (VENV / "uv.txt").write_text(pin(locks(stack.name)[1], "uv"))
    run(*pip, "--require-hashes", "-r", VENV / "uv.txt")
    # pip takes minutes, but knows mirrors and certificates that uv was not told of.
    quick = (VENV / "bin/uv", "pip", "install", "--python", PYTHON, "--compile-bytecode", *locked)
    demand("install the locks", *([quick] if quick[0].exists() else []), [*pip, *locked])
    demand("install Millrace", [*pip, "--no-deps", "--no-build-isolation", "-e", ROOT])
    demand("compile Millrace", [PYTHON, "-m", "compileall", "-q", "configs", "trainer", "components", "pipelines"])
    STAMP.write_text("\n".join((stack.name, python, fingerprint(stack.name, python))))


def setup() -> int:
    """Choose, install and examine; return the exit code."""
    choice = choose(glibc(), interpreters(candidates()), compiler())
    tfx = pin(locks(choice.stack.name)[0], "tfx").split()[0].replace("==", " ").upper()
    print(f"Millrace takes the {choice.stack.title} stack ({tfx}) on {choice.interpreter}: {choice.reason}.")
    print(
        f"Installing into {VENV} (a minute or two, more where pip must stand in for uv; log: {LOG.name}) ...",
        flush=True,
    )
    begun = time.monotonic()
    install(choice.stack, choice.interpreter.path)
    print(f"Installed in {time.monotonic() - begun:.0f} s.", flush=True)
    return subprocess.call([MILLRACE, "doctor"])


def main() -> int:
    """Set up unless that is done; a second set-up waits for the first."""
    if ready():
        return 0
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        return 0 if ready() else setup()
    except (Unfit, OSError) as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the next `make setup` begins anew.")
        return 130
    finally:
        os.close(folder)


if __name__ == "__main__":
    sys.exit(main())
