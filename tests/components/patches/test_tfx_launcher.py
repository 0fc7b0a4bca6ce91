"""TFX's launcher calls the hooks where they belong; what they do is tested where they are used."""

from dataclasses import replace

import pytest
from tfx.dsl.compiler.compiler import Compiler
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable import runtime_parameter_utils
from tfx.types.standard_artifacts import Model

from components.patches import tfx_launcher
from components.patches.ledger import LAUNCHER
from components.patches.tfx_launcher import HookedLauncher
from configs.errors import MillraceError

CALLS = []


@component
def Maker(model: OutputArtifact[Model]):
    CALLS.append("the executor makes")


@component
def Taker(model: InputArtifact[Model]):
    CALLS.append("the executor takes")


class Recorder(HookedLauncher):
    def receive(self, inputs):
        CALLS.append((self.node_id, self.beam_flags, "receives", list(inputs)))

    def execute(self, execution_info):
        CALLS.append((self.node_id, "begins"))
        output = super().execute(execution_info)
        CALLS.append((self.node_id, "ends", list(output.output_artifacts)))
        return output


@pytest.mark.filterwarnings("ignore:label:DeprecationWarning")  # TFX, with a newer protobuf
def test_the_hooks_are_called_before_the_driver_and_around_the_executor(tmp_path):
    maker = Maker()
    connection = metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.db"))
    nodes = [maker, Taker(model=maker.outputs["model"])]
    ir = Compiler().compile(Pipeline("toy", str(tmp_path), metadata_connection_config=connection, components=nodes))
    runtime_parameter_utils.substitute_runtime_parameter(ir, {"pipeline-run-id": "r1"})
    deployment = runner_utils.extract_local_deployment_config(ir)
    CALLS.clear()
    for node in ir.nodes:
        Recorder(
            pipeline_node=node.pipeline_node,
            mlmd_connection=metadata.Metadata(connection),
            pipeline_info=ir.pipeline_info,
            pipeline_runtime_spec=ir.runtime_spec,
            executor_spec=runner_utils.extract_executor_spec(deployment, node.pipeline_node.node_info.id),
        ).launch()
    assert CALLS == [
        ("Maker", [], "receives", []),
        ("Maker", "begins"),
        "the executor makes",
        ("Maker", "ends", ["model"]),
        ("Taker", [], "receives", ["model"]),
        ("Taker", "begins"),
        "the executor takes",
        ("Taker", "ends", []),
    ]


def test_another_tfx_launches_nothing(monkeypatch):
    monkeypatch.setattr(tfx_launcher, "LAUNCHER", replace(LAUNCHER, tested={"ml-pipelines-sdk": ("0.1",)}))
    with pytest.raises(MillraceError, match="not tested with ml-pipelines-sdk .* Run make setup"):
        HookedLauncher()
