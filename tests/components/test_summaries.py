"""What each node of a run that published says of itself: one line, which its module words."""

import re
from inspect import signature
from types import ModuleType

import pytest

from configs.nodes import NODES
from pipelines.graph.tfx_pipeline import MODULES
from tests.sandbox import Answer, Sandbox

SAID = {
    "ExampleGen": r"2,000 rows: 1,\d\d\d train / \d\d\d eval / \d\d\d test",
    "StatisticsGen": r"6 columns",
    "SchemaGen": r"6 columns, inferred",
    "DataGate": r"no anomalies",
    "Transform": r"2 vocabularies",
    "Trainer": r"1 epoch, loss 0\.\d+, best eval loss 0\.\d+",
    "Resolver": r"nothing else in service to compare with",
    "Evaluator": r"auc 0\.\d{4}, blessed",
    "LoadCheck": r"100 rows answered as trained",
    "Pusher": r"version 1 published",
}


@pytest.mark.slow
def test_every_node_says_what_came_of_it(first_run: tuple[Sandbox, Answer]) -> None:
    said = {node["node"]: node["text"] for node in first_run[1].record["nodes"]}
    assert said.keys() == SAID.keys() == {spec.id for spec in NODES.values() if spec.key is None}
    assert {node: text for node, text in said.items() if not re.fullmatch(SAID[node], text)} == {}


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_every_module_of_a_node_has_the_same_two_functions(module: ModuleType) -> None:
    asked = {name: list(signature(getattr(module, name)).parameters) for name in ("build", "summarise")}
    assert asked == {"build": ["config", "made"], "summarise": ["outputs"]}
