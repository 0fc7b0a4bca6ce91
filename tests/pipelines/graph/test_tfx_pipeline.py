"""The compiled pipeline is the graph, and each node depends on its own section of the config."""

from pathlib import Path

import pytest
from google.protobuf.message import Message
from tfx.orchestration.local import runner_utils
from tfx.proto.orchestration import pipeline_pb2

from configs.loading.loader import load
from configs.nodes import NODES
from configs.repository import ROOT
from configs.schema.config import Config
from pipelines.graph import fingerprint, tfx_pipeline
from pipelines.graph.beam_runner import list_flags
from pipelines.graph.nodes import choose_nodes

SEARCH = "tuning={trials: 2, space: {model.dropout: {min: 0, max: 0.5}}}"
OPTIONAL = ([], ["baselines=[tree]"], [SEARCH], ["baselines=[tree]", SEARCH, "compress={prune: 0.5}"])


def nodes(ir: pipeline_pb2.Pipeline) -> dict[str, pipeline_pb2.PipelineNode]:
    """The nodes by id, in the order in which they are run."""
    return {node.pipeline_node.node_info.id: node.pipeline_node for node in ir.nodes}


def executors(ir: pipeline_pb2.Pipeline) -> dict[str, Message]:
    """What runs each node."""
    deployment = runner_utils.extract_local_deployment_config(ir)
    return {node: runner_utils.extract_executor_spec(deployment, node) for node in nodes(ir)}


def flags(executor: Message) -> list[str]:
    """The extra flags of a plain executor, or of one on Beam."""
    return list(getattr(executor, "python_executor_spec", executor).extra_flags)


@pytest.fixture
def ir(config: Config) -> pipeline_pb2.Pipeline:
    return tfx_pipeline.compile_ir(config)


@pytest.mark.slow
@pytest.mark.parametrize("overrides", OPTIONAL)
def test_the_compiled_pipeline_is_the_graph(tmp_path: Path, overrides: list[str]) -> None:
    config = load(ROOT / "configs" / "taxi.yaml", [f"storage.root={tmp_path}", *overrides])
    compiled = {node_id: set(node.upstream_nodes) for node_id, node in nodes(tfx_pipeline.compile_ir(config)).items()}
    chosen = {spec.id: set(spec.after) for spec in choose_nodes(config)}
    for after in chosen.values():
        after -= {"Trainer"} if "Compress" in after else set()  # whose model takes the place of the Trainer's
    assert compiled == chosen
    if overrides == OPTIONAL[-1]:
        assert compiled.keys() == NODES.keys()


@pytest.mark.slow
@pytest.mark.parametrize("cache", [True, False])
def test_every_node_may_use_the_cache_or_none(config: Config, cache: bool) -> None:
    compiled = nodes(tfx_pipeline.compile_ir(config, cache)).values()
    assert {node.execution_options.caching_options.enable_cache for node in compiled} == {cache}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("training.optimizer.learning_rate=0.5", {"Trainer", "Pusher"}),
        ("model={family: linear}", {"Trainer", "Pusher"}),
        ("evaluation.thresholds.auc.min=0.6", {"Evaluator", "Pusher"}),
        ("gate.drift=0.5", {"DataGate", "Pusher"}),
        ("data.split.test=2", {"ExampleGen", "Pusher"}),
        ("features.fare.scale=min_max", {"Transform", "Trainer", "LoadCheck", "Pusher"}),
        (
            "features.tips={kind: numeric}",  # the gate names the key by which its numbers are told an offset
            {"ExampleGen", "SchemaGen", "DataGate", "Transform", "Trainer", "Evaluator", "LoadCheck", "Pusher"},
        ),
        ("storage.metadata=mysql://me:secret@somewhere/db", set()),
        ("beam={nodes: {Transform: {args: {direct_num_workers: 2}}}}", {"Transform"}),
    ],
)
def test_a_node_depends_on_its_own_section(tmp_path: Path, override: str, changed: set[str]) -> None:
    taxi = ROOT / "configs" / "taxi.yaml"
    one, other = (tfx_pipeline.compile_ir(load(taxi, [f"storage.root={tmp_path}", *more])) for more in ([], [override]))
    assert {
        node
        for node in nodes(one)
        if nodes(one)[node] != nodes(other)[node] or executors(one)[node] != executors(other)[node]
    } == changed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "changed"),
    [
        (SEARCH.replace("0.5", "0.3"), {"Tuner", "Pusher"}),
        ("training.optimizer.learning_rate=0.5", {"Tuner", "Trainer", "Pusher"}),
        ("baselines=[tree, svm]", {"SklearnBaselines", "Pusher"}),
        ("evaluation.thresholds.auc.min=0.6", {"Evaluator", "Pusher"}),
    ],
)
def test_what_is_optional_depends_on_its_own_section(tmp_path: Path, override: str, changed: set[str]) -> None:
    base = [f"storage.root={tmp_path}", "baselines=[tree]", SEARCH]
    one, other = (
        tfx_pipeline.compile_ir(load(ROOT / "configs" / "taxi.yaml", [*base, *more])) for more in ([], [override])
    )
    assert {node for node in nodes(one) if nodes(one)[node] != nodes(other)[node]} == changed


def test_a_search_over_families_reaches_the_code_of_each(tmp_path: Path) -> None:
    models = "[{family: linear}, {family: dnn, hidden_units: [8]}]"
    space = f"tuning={{space: {{model: {{choices: {models}}}}}}}"
    config = load(ROOT / "configs" / "taxi.yaml", [f"storage.root={tmp_path}", space])
    families = [f"trainer.models.{family}" for family in ("dnn", "linear", "wide_deep")]
    reached = {id: tfx_pipeline.list_modules(NODES[id], config) for id in ("Tuner", "Trainer", "LoadCheck")}
    assert reached == {
        "Tuner": ["components.tuner", "trainer.tuner_fn", *families],
        "Trainer": ["components.trainer", "trainer.run_fn", "components.training_workers", *families],
        "LoadCheck": ["components.load_check", "components.load_check_process"],
    }


@pytest.mark.slow
def test_every_node_carries_the_digest_of_its_code_and_of_the_packages(ir: pipeline_pb2.Pipeline) -> None:
    carried = {node: flags(executor) for node, executor in executors(ir).items()}
    assert {flag for _, flag in carried.values()} == {f"--packages={fingerprint.of_packages()}"}
    codes = {node: code.removeprefix("--code=") for node, (code, _) in carried.items()}
    assert codes["StatisticsGen"] == fingerprint.of_code(["components.statistics_gen"])
    assert codes["Transform"] == fingerprint.of_code(["components.transform", "trainer.features.preprocessing"])
    assert codes["LoadCheck"] == fingerprint.of_code(["components.load_check", "components.load_check_process"])
    trains = ["components.trainer", "trainer.run_fn", "components.training_workers", "trainer.models.wide_deep"]
    assert codes["Trainer"] == fingerprint.of_code(trains)


@pytest.mark.slow
def test_every_node_on_beam_gets_its_engine_and_only_those(tmp_path: Path) -> None:
    engines = "beam={runner: portable, args: {job_endpoint: 'h:1', environment_type: LOOPBACK}, nodes: {Evaluator: {}}}"
    config = load(ROOT / "configs" / "taxi.yaml", [f"storage.root={tmp_path}", "baselines=[tree]", engines])
    specs = executors(tfx_pipeline.compile_ir(config)).items()
    told = {node: list(spec.beam_pipeline_args) for node, spec in specs if hasattr(spec, "beam_pipeline_args")}
    assert set(told) == {spec.id for spec in NODES.values() if spec.on_beam}
    assert {node: list_flags(config.beam.engine(node)) for node in told} == told
    assert told["Transform"][0] == "--runner=PortableRunner" != told["Evaluator"][0]
