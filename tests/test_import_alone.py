"""Each module of ours imports alone: none leans on what another has happened to import before.

Two things can break that. A circle among our modules stands in their sources. And TFX's libraries do not import in
every order: whether a module of ours that names one imports alone is tried. A process for each would load TensorFlow
forty times; so one (`python -m tests.test_import_alone`) loads all that those libraries take from others, nothing of
theirs, and is forked for each module.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

from configs.repository import ROOT

OURS = ("configs", "trainer", "components", "pipelines", "bench")
TFX = (
    "ml_metadata",
    "tensorflow_data_validation",
    "tensorflow_metadata",
    "tensorflow_model_analysis",
    "tensorflow_transform",
    "tfx",
    "tfx_bsl",
)
Imports = dict[str, set[str]]


def read_imports() -> Imports:
    """What each module of ours imports when it is imported."""
    paths = (path for package in OURS for path in (ROOT / package).rglob("*.py") if path.stem != "__main__")
    return {name(path): set(named(ast.parse(path.read_text(encoding="utf-8")))) for path in paths}


def name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def named(tree: ast.AST) -> Iterator[str]:
    """The modules that a source names, and what it takes from them; not what a function imports when it is called."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from named(node)


def is_below(module: str, packages: tuple[str, ...]) -> bool:
    return module.partition(".")[0] in packages


def in_a_fork(work: Callable[[], str]) -> str:
    """Returns what a function returns in a fork of this process, or the exception that it raises there."""
    reading, writing = os.pipe()
    if not os.fork():
        try:
            said = work()
        except BaseException as error:
            said = repr(error)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(said)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.wait()
    return said


def load(modules: list[str]) -> str:
    """Imports modules, and names all that are loaded then."""
    for module in modules:
        with suppress(Exception):
            import_module(module)
    return " ".join(sys.modules)


def try_alone(module: str) -> str:
    """Returns why a module does not import, or that TFMA does not, which says so on standard error and goes on."""
    import_module(module)
    tfma = sys.modules.get("tensorflow_model_analysis")
    return "" if tfma is None or hasattr(tfma, "__version__") else "tensorflow_model_analysis is not whole"


def main() -> None:
    """Writes why modules do not import alone, by their names, as JSON."""
    modules = sorted(module for module, imports in read_imports().items() if any(is_below(i, TFX) for i in imports))
    loaded = in_a_fork(lambda: load(modules)).split()
    load([module for module in loaded if not is_below(module, (*TFX, *OURS, "tests"))])
    assert not any(is_below(module, TFX) for module in sys.modules)
    sys.stdout.write(json.dumps({module: in_a_fork(lambda module=module: try_alone(module)) for module in modules}))


def test_no_circle_of_imports() -> None:
    imports = read_imports()
    order = TopologicalSorter({module: found & imports.keys() - {module} for module, found in imports.items()})
    assert set(order.static_order()) == imports.keys()


@pytest.mark.slow
def test_each_module_that_imports_one_of_tfx_imports_alone() -> None:
    done = subprocess.run([sys.executable, "-m", __name__], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    why = json.loads(done.stdout.splitlines()[-1])
    assert {
        "components.evaluation.slice_extractor",
        "components.evaluator",
        "pipelines.graph.tfx_pipeline",
    } <= why.keys()
    assert {module: reason for module, reason in why.items() if reason} == {}


if __name__ == "__main__":
    main()
