"""A table of faults: what is given, what is right, and the tests that give it, as file::function."""

import ast
from collections.abc import Mapping, Sequence

from configs.repository import ROOT

Rows = Mapping[str, Sequence[str]]


def functions(file: str) -> set[str]:
    """The functions of a file of tests."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def check_row(rows: Rows, given: str) -> None:
    """Fails where a row says nothing of what is right, or names no test, or one that is not there."""
    right, *tests = rows[given]
    assert right
    assert tests
    assert [test for test in tests if test.split("::")[1] not in functions(test.split("::")[0])] == []
