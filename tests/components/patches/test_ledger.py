"""The ledger is true: of what is installed, of both locks, and of all that the code changes of a library."""

import ast
import colorsys
import inspect
import logging
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from types import ModuleType

import pytest

import components.patches
from components.patches.ledger import PATCHES, Patch, admit, applied, find, untested
from configs.errors import MillraceError
from configs.repository import ROOT

OURS = ("configs", "trainer", "components", "pipelines")
LOCKS = ("legacy.txt", "current.txt", "gpu.txt")
NAMES = [found.name for found in pkgutil.iter_modules(components.patches.__path__)]
MODULES = [import_module(f"components.patches.{name}") for name in NAMES]
REPLACED = {target: parameters for patch in PATCHES for target, parameters in patch.replaces.items()}
OUTSIDE = [
    path
    for package in OURS
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.parent != ROOT / "components" / "patches"
]


def test_every_installed_version_is_a_tested_one():
    assert {patch.module: untested(patch) for patch in PATCHES if untested(patch)} == {}


@pytest.mark.parametrize("distribution", sorted({name for patch in PATCHES for name in patch.tested}))
def test_the_tested_versions_are_those_of_both_stacks(distribution):
    pins = set()
    for lock in LOCKS:
        pins |= set(re.findall(rf"^{distribution}==(\S+)", (ROOT / "requirements" / lock).read_text(), re.MULTILINE))
    for patch in PATCHES:
        assert set(patch.tested.get(distribution, pins)) == pins, patch.module


@pytest.mark.parametrize("target", REPLACED)
def test_what_is_replaced_is_there_and_takes_what_it_took(target):
    if ":" not in target:
        assert find_spec(target)
        return
    owner, name = find(target)
    assert ", ".join(inspect.signature(getattr(owner, name)).parameters) == REPLACED[target]


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.module)
def test_each_entry_says_why_and_what_without_it(patch):
    for words in (patch.why, patch.saves, patch.without):
        assert words.endswith(".")
    assert patch.upstream is None or re.fullmatch(r"[\w./-]+#\d+", patch.upstream)


def test_each_module_is_in_the_ledger():
    assert {patch.module for patch in PATCHES} == set(NAMES) - {"ledger"}


def test_each_method_that_a_patch_overrides_is_in_the_ledger():
    found = {target for module in MODULES for target in overridden(module)}
    assert found
    assert found <= set(REPLACED)


@pytest.mark.slow
def test_no_other_module_overrides_a_private_method():
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in OUTSIDE if has_private_method(path)]
    assert "pipelines.execution.node_launcher" not in names
    assert {name: found for name in names if (found := list(overridden(import_module(name))))} == {}


@pytest.mark.slow
def test_nothing_else_changes_a_library():
    found = {str(path.relative_to(ROOT)): changes(path.read_text(encoding="utf-8")) for path in OUTSIDE}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "change",
    [
        "from unittest import mock",
        "import unittest.mock as pretend",
        "def patch():\n    core.look = core.get",
        "del core.look",
        "core.Thing.look += 1",
        "first, core.look = 1, 2",
        "setattr(core, 'look', len)",
        "sys.modules['keras'] = None",
        "sys.modules.update(keras=None)",
        "sys.modules.pop('keras')",
    ],
)
def test_a_change_is_seen(change):
    assert len(changes(f"import sys\nfrom apache_beam.transforms import core\n{change}")) == 1


def test_what_changes_no_library_is_let_be():
    harmless = "held = core.Thing()\nheld.name = 1\nsetattr(held, 'name', 2)\nsys.modules.get('keras')\ncore.look()"
    assert changes(f"import sys\nfrom apache_beam.transforms import core\n{harmless}") == []


def toy(**settings) -> Patch:
    """A patch of the standard library, bound to the version of pytest."""
    entry = {
        "tested": {"pytest": (version("pytest"),)},
        "why": "For fun.",
        "saves": "Nothing.",
        "without": "All is grey.",
    }
    return Patch(
        "toy", {"colorsys:rgb_to_hsv": "r, g, b", "fractions:Fraction.limit_denominator": ""}, **entry | settings
    )


def test_what_is_applied_wraps_and_goes_again():
    usual = colorsys.rgb_to_hsv
    with pytest.raises(ZeroDivisionError), applied(toy(), rgb_to_hsv=lambda stock: lambda *rgb: stock(*rgb)[::-1]):
        assert colorsys.rgb_to_hsv(0, 0, 4) == (4, 1, 4 / 6)
        1 / 0  # noqa: B018
    assert colorsys.rgb_to_hsv is usual


def test_nothing_is_applied_that_is_not_declared():
    with pytest.raises(KeyError, match="hsv_to_rgb"), applied(toy(), hsv_to_rgb=lambda stock: stock):
        pass


@pytest.mark.parametrize(
    ("tested", "found"),
    [({"pytest": ("0.1",)}, f"pytest {version('pytest')}"), ({"nobody": ("1",)}, "nobody that is not installed")],
)
def test_another_version_is_left_alone_and_that_is_said_once(tested, found, caplog):
    usual = colorsys.rgb_to_hsv
    with caplog.at_level(logging.WARNING), applied(toy(tested=tested), rgb_to_hsv=lambda _: None):
        assert colorsys.rgb_to_hsv is usual
    assert caplog.messages == [f"The patch toy was not tested with {found} and is left out. All is grey."]


def test_what_would_go_wrong_does_not_go():
    with pytest.raises(MillraceError, match="toy was not tested with pytest .* All is grey. Run make setup"):
        admit(toy(tested={"pytest": ("0.1",)}, needed=True))


def overridden(module: ModuleType) -> Iterator[str]:
    """The private methods of libraries that a module's classes override."""
    for kind in vars(module).values():
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            for name in (name for name, value in vars(kind).items() if re.match("_(?!_)", name) and callable(value)):
                owner = next((base for base in kind.__mro__[1:] if name in vars(base)), None)
                if owner and owner.__module__.partition(".")[0] not in OURS:
                    yield f"{owner.__module__}:{owner.__qualname__}.{name}"


def has_private_method(path) -> bool:
    """Whether a class of a file that derives from another has a method whose name begins with one underscore."""
    return any(
        isinstance(part, ast.FunctionDef) and re.match("_(?!_)", part.name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.bases
        for part in node.body
    )


def changes(source: str) -> list[str]:
    """What a source does to the modules, or to what it imports: an attribute set or deleted; and any mock."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
    found = [node for node in imports if re.search(r"\b(unittest|mock)\b", ast.unparse(node))]
    return [ast.unparse(node) for node in [*found, *(node for node in ast.walk(tree) if is_change(node, names))]]


def is_change(node: ast.AST, imported: set[str]) -> bool:
    """Whether something sets or deletes an attribute of what is imported, or an entry of `sys.modules`."""
    match node:
        case ast.Attribute(ctx=ast.Store() | ast.Del()):
            return root(node) in imported
        case ast.Call(func=ast.Name("setattr" | "delattr"), args=[owner, *_]):
            return root(owner) in imported
        case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
            return ast.unparse(owner) == "sys.modules"
        case ast.Call(func=ast.Attribute(value=owner, attr="update" | "pop" | "setdefault" | "clear")):
            return ast.unparse(owner) == "sys.modules"
    return False


def root(node: ast.AST) -> str | None:
    """The name that a chain of attributes begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
