"""What a node's result depends on beside its inputs: the code that it reaches, and the installed packages."""

import ast
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import Distribution, distributions
from importlib.util import find_spec
from pathlib import Path

from configs.repository import ROOT

OWN = "MILLRACE_OWN"  # in an image's environment: the digest of the files of its user's own that it brings
OURS = ("configs", "trainer", "components", "pipelines")


def of_code(modules: Iterable[str]) -> str:
    """Returns the sha256 of the source of these modules and of all of ours that they import, however far."""
    content = hashlib.sha256()
    for name, path in sorted(import_closure(modules).items()):
        content.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return content.hexdigest()


def of_image(own: str = "") -> str:
    """Returns what an image is known by: 12 hex digits of `of_repository`, and of the files of its user's own."""
    return hashlib.sha256(f"{of_repository()} {own}".encode()).hexdigest()[:12] if own else of_repository()[:12]


@cache
def of_repository() -> str:
    """Returns the sha256 of all of our code, our templates and the lock: whatever any node reaches is part of it."""
    files = [path for package in OURS for path in (ROOT / package).rglob("*.py")]
    files += [path for path in (ROOT / "pipelines").glob("*/templates/*") if path.is_file()]
    content = hashlib.sha256()
    for path in sorted([*files, ROOT / "requirements" / "current.txt"]):
        content.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return content.hexdigest()


@cache
def of_packages() -> str:
    """Returns the sha256 of the names and versions of all installed distributions but our own."""
    folders = [
        folder for folder in sys.path if not folder.endswith("_vendor")
    ]  # setuptools adds its own, once imported
    found = reversed(list(distributions(path=folders)))  # of two of one name the first is imported
    installed = dict(map(identify, found))
    names = sorted(f"{name}=={version}" for name, version in installed.items() if name != "millrace")
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def identify(package: Distribution) -> tuple[str, str]:
    """Returns the name and the version, as Python's parser of e-mail finds them in a millisecond each."""
    text = package.read_text("METADATA") or package.read_text("PKG-INFO") or ""
    name, version = (re.search(rf"^{key}: *(.*?) *$", text, re.M) for key in ("Name", "Version"))
    return (name[1], version[1]) if name and version else (package.name, package.version)


def import_closure(modules: Iterable[str]) -> dict[str, Path]:
    """Returns the modules and those of ours that they import, by name, with their files."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _file(name)
        waiting += imported(found[name])
    return found


def imported(path: Path) -> Iterator[str]:
    """Yields the modules of ours that a file imports, wherever in it the import stands."""
    for statement in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names if _is_ours(alias.name))
        elif isinstance(statement, ast.ImportFrom) and statement.module and _is_ours(statement.module):
            yield statement.module
            if _file(statement.module).name == "__init__.py":
                inner = (f"{statement.module}.{alias.name}" for alias in statement.names)
                yield from (name for name in inner if find_spec(name))


def _is_ours(module: str) -> bool:
    return module.split(".")[0] in OURS


def _file(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    return Path(spec.origin)
