"""Which module may import which: the table of docs/architecture.md, held against the code."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from configs.repository import ROOT

ORDER = ("configs", "trainer", "components", "pipelines", "bench")
ROW = re.compile(r"^\| `(\w+/[\w*.]+)` \|[^|]+\|([^|]*)\|$", re.MULTILINE)
RULES = {
    room: set(re.findall(r"`([^`]+)`", allowed))
    for room, allowed in ROW.findall((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
}


def room_of(path: Path) -> str:
    """The row of the table that a module is in: its own, that of its folder, or that of its package's files."""
    folder = "/".join(path.parts[:2])
    return next((room for room in (path.as_posix(), folder) if room in RULES), f"{path.parts[0]}/*.py")


def rooms_imported(source: str) -> Iterator[str]:
    """The rooms that a source imports from, wherever in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (room_of(file_of(name)) for name in names if name.partition(".")[0] in ORDER)


def file_of(name: str) -> Path:
    """The file of a module, of a package, or of what holds the last part of a dotted name."""
    path = Path(*name.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if (ROOT / file).exists()), None) or file_of(name.rpartition(".")[0])


IMPORTS = {
    path.relative_to(ROOT): set(rooms_imported(path.read_text(encoding="utf-8")))
    for package in ORDER
    for path in (ROOT / package).rglob("*.py")
}
LIGHT = sorted(".".join(path.with_suffix("").parts) for path in IMPORTS if path.parts[0] == "configs")


def loaded_after(statement: str) -> set[str]:
    """The top packages in sys.modules after a statement in a fresh interpreter."""
    code = f"{statement}\nimport sys\nsys.stdout.write(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("package", ORDER)
def test_imports_point_one_way(package: str) -> None:
    later = ORDER[ORDER.index(package) + 1 :]
    upwards = {path: sorted(rooms) for path, rooms in IMPORTS.items() if path.parts[0] == package}
    assert {str(path): room for path, rooms in upwards.items() for room in rooms if room.startswith(later)} == {}


@pytest.mark.parametrize("room", RULES)
def test_a_room_imports_what_the_table_names_and_nothing_else_of_its_package(room: str) -> None:
    package = room.partition("/")[0] + "/"
    found = {other: path for path in IMPORTS if room_of(path) == room for other in IMPORTS[path] - {room}}
    assert {other: str(path) for other, path in found.items() if other.startswith(package)}.keys() == RULES[room], found


def test_every_module_has_a_room_and_no_two_import_one_another() -> None:
    assert {room_of(path) for path in IMPORTS if path.parts[0] != "bench"} == RULES.keys()
    assert set(TopologicalSorter(RULES).static_order()) == RULES.keys()


def test_an_import_is_seen_wherever_it_stands() -> None:
    source = "import os\ndef build():\n    from pipelines.graph import nodes\n    import trainer.labels as labels"
    assert set(rooms_imported(source)) == {"pipelines/graph", "trainer/labels.py"}


def test_configs_imports_neither_tensorflow_nor_tfx() -> None:
    loaded = loaded_after("; ".join(f"import {module}" for module in LIGHT))
    assert "configs" in loaded
    assert loaded & {"tensorflow", "tfx", "keras", "apache_beam"} == set()


def test_the_command_line_starts_without_tensorflow() -> None:
    loaded = loaded_after("import pipelines.cli.app")
    assert "pipelines" in loaded
    assert "tensorflow" not in loaded


def test_compiling_for_a_cluster_imports_neither_tensorflow_nor_tfx() -> None:
    loaded = loaded_after(
        "import pipelines.compiler.compile; pipelines.compiler.compile.compile_pipeline('configs/taxi.yaml')"
    )
    assert "pipelines" in loaded
    assert loaded & {"tensorflow", "tfx", "keras", "apache_beam", "kfp"} == set()
