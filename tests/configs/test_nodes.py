"""The table of the nodes: what it says is so, and a node that is added to it is known wherever nodes are known."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from configs.nodes import NODES, NodeSpec
from configs.repository import ROOT
from configs.schema.config import Config
from pipelines.graph import fingerprint
from tests.sandbox import Sandbox

NODE = '''
"""Greeter: welcomes the rows."""

from pathlib import Path

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, standard_artifacts

from components.base import Made, node
from components.summaries import Outputs, Summary


def build(config, made: Made) -> BaseComponent:
    inputs = {"examples": made["ExampleGen"].outputs["examples"]}
    return node("Greeter", Executor, inputs, {"greeting": standard_artifacts.ModelEvaluation}, {"name": config.name})


class Executor(BaseExecutor):
    def Do(self, input_dict, output_dict, exec_properties):
        rows = artifact_utils.get_single_instance(input_dict["examples"]).get_int_custom_property("rows_test")
        greeting = artifact_utils.get_single_instance(output_dict["greeting"])
        Path(greeting.uri, "text").write_text(f"{rows:,} rows of {exec_properties['name']}, welcome")


def summarise(outputs: Outputs) -> Summary:
    return Summary(Path(outputs["greeting"][0].uri, "text").read_text())
'''
ENTRY = 'NodeSpec("Greeter", "components.greeter", after=("ExampleGen",), reaches=("trainer.labels",)),'
QUESTIONS = """
import json, sys, yaml
from configs.errors import ConfigError
from configs.loading.loader import load
from pipelines.compiler.compile import compile_pipeline
from pipelines.execution.node_launcher import launch_node
from pipelines.graph.fingerprint import of_code
from pipelines.graph.nodes import choose_nodes
from pipelines.graph.tfx_pipeline import compile_ir
from pipelines.runs.run import Run
from tfx.orchestration.local import runner_utils

path = "trips/trips.yaml"
config = load(path, ["resources.Greeter.cpu=3"])
try:
    load(path, ["resources.Greter.cpu=3"])
except ConfigError as error:
    misspelt = error.remedy
ir = compile_ir(config)
executor = runner_utils.extract_executor_spec(runner_utils.extract_local_deployment_config(ir), "Greeter")
compiled = next(yaml.safe_load_all(compile_pipeline(path, ["cluster.steps=each"])))
tasks = compiled["components"]["comp-exit-handler-1"]["dag"]["tasks"]
outcomes = [launch_node(ir, node, Run(config.home, "1")) for node in ("ExampleGen", "Greeter")]
answers = {
    "chosen": [spec.id for spec in choose_nodes(config, "Greeter")],
    "cpu": config.resources["Greeter"].cpu,
    "misspelt": misspelt,
    "upstream": {node.pipeline_node.node_info.id: list(node.pipeline_node.upstream_nodes) for node in ir.nodes},
    "flags": list(executor.extra_flags),
    "code": of_code(["components.greeter", "trainer.labels"]),
    "task": tasks["greeter"],
    "text": [outcome.text for outcome in outcomes],
}
json.dump(answers, sys.stdout)
"""


def test_every_node_comes_after_those_that_it_waits_for() -> None:
    for place, spec in enumerate(NODES.values()):
        assert set(spec.after) <= set(list(NODES)[:place])


@pytest.mark.parametrize("spec", NODES.values(), ids=NODES)
def test_what_a_node_names_is_there(spec: NodeSpec) -> None:
    assert all(find_spec(module) for module in (spec.module, *spec.reaches))
    assert spec.key is None or spec.key in Config.model_fields
    assert {section for section, _ in spec.paths} <= Config.model_fields.keys()


@pytest.mark.slow
def test_a_node_is_added_by_one_entry_and_one_file(tmp_path: Path) -> None:
    for folder in (*fingerprint.OURS, "requirements", "deploy"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    table = tmp_path / "configs" / "nodes.py"
    table.write_text(table.read_text().replace(")\nNODES = ", f"    {ENTRY}\n)\nNODES = "))
    (tmp_path / "components" / "greeter.py").write_text(NODE)
    (tmp_path / "trips").mkdir()
    Sandbox(tmp_path / "trips").furnish()

    done = subprocess.run(
        [sys.executable, "-c", QUESTIONS],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert answers["chosen"] == ["ExampleGen", "Greeter"]
    assert (answers["cpu"], answers["misspelt"]) == ("3", "Did you mean 'Greeter'?")
    assert answers["upstream"]["Greeter"] == ["ExampleGen"]
    assert f"--code={answers['code']}" in answers["flags"]
    assert answers["task"]["dependentTasks"] == ["example-gen"]
    examples, greeting = answers["text"]
    assert greeting == f"{examples.split()[-2]} rows of trips, welcome"
