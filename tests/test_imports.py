import ast
import subprocess
import sys
from pathlib import Path

import pytest

from configs.repository import ROOT

ORDER = ("configs", "trainer", "components", "pipelines", "bench")
MODULES = sorted(path.relative_to(ROOT) for package in ORDER for path in (ROOT / package).rglob("*.py"))
LIGHT = sorted(".".join(path.with_suffix("").parts) for path in MODULES if path.parts[0] == "configs")


def packages(source: str, package: str) -> set[str]:
    """The top packages that a source imports; a relative import is one of its own package."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(package if node.level else str(node.module).partition(".")[0])
    return found


def loaded_after(statement: str) -> set[str]:
    """The top packages in sys.modules after a statement in a fresh interpreter."""
    code = f"{statement}\nimport sys\nsys.stdout.write(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_one_way(path: Path) -> None:
    package = path.parts[0]
    later = set(ORDER[ORDER.index(package) + 1 :])
    assert packages((ROOT / path).read_text(encoding="utf-8"), package) & later == set()


def test_an_import_against_the_order_is_seen() -> None:
    source = (
        "import os\ndef build():\n    from pipelines.graph.nodes import NODES\n    import components.trainer as train"
    )
    assert packages(source, "trainer") == {"os", "pipelines", "components"}


def test_configs_imports_neither_tensorflow_nor_tfx() -> None:
    loaded = loaded_after("; ".join(f"import {module}" for module in LIGHT))
    assert "configs" in loaded
    assert loaded & {"tensorflow", "tfx", "keras", "apache_beam"} == set()


def test_the_command_line_starts_without_tensorflow() -> None:
    loaded = loaded_after("import pipelines.cli.app")
    assert "pipelines" in loaded
    assert "tensorflow" not in loaded


def test_compiling_for_a_cluster_imports_neither_tensorflow_nor_tfx() -> None:
    loaded = loaded_after("import pipelines.compiler.compile; pipelines.compiler.compile.compile('configs/taxi.yaml')")
    assert "pipelines" in loaded
    assert loaded & {"tensorflow", "tfx", "keras", "apache_beam", "kfp"} == set()
