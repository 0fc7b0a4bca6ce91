"""One node of one run: launched alone it makes what it makes among the others, and again is safe."""

import logging
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
import tensorflow_data_validation as tfdv
from ml_metadata.metadata_store import MetadataStore
from tfx.proto.orchestration import pipeline_pb2

from components.registry.tree_digest import list_files
from components.registry.versions import in_service
from configs.home import Home
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.execution.finalize import finish_run
from pipelines.execution.node_launcher import for_run, launch_node
from pipelines.graph.nodes import choose_nodes
from pipelines.graph.tfx_pipeline import compile_ir
from pipelines.runs.mlmd import connection
from pipelines.runs.outcomes import read_outcomes
from pipelines.runs.run import Run
from tests.sandbox import Sandbox

HALF = "half-a-model"


@pytest.fixture
def small(fresh: Sandbox) -> Config:
    return load(fresh.config)


@pytest.fixture
def run(small: Config) -> Run:
    return Run(small.home, "r1")


@pytest.fixture
def ir(small: Config) -> pipeline_pb2.Pipeline:
    return compile_ir(small)


@pytest.mark.slow
def test_a_node_that_succeeded_is_not_run_again(small: Config, run: Run, ir: pipeline_pb2.Pipeline) -> None:
    first = launch_node(ir, "ExampleGen", run)
    assert (first.state, first.text) == ("done", "2,000 rows: 1,631 train / 189 eval / 180 test")
    [folder] = first.outputs["examples"]
    assert first.types == {folder: "Examples"}
    assert first.sizes == {folder: sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())}
    assert (first.inputs, Path(folder).name) == ({}, str(first.execution))
    assert first.memory is not None and first.memory > 100_000_000
    Path(folder, "mark").touch()
    assert launch_node(ir, "ExampleGen", run) == first == read_outcomes(run)["ExampleGen"]
    assert Path(folder, "mark").exists()
    assert len(MetadataStore(connection(small)).get_executions()) == 1


@pytest.mark.slow
def test_a_node_whose_record_was_lost_is_recorded_again(small: Config, run: Run, ir: pipeline_pb2.Pipeline) -> None:
    first = launch_node(ir, "ExampleGen", run)
    run.outcome("ExampleGen").unlink()
    again = launch_node(ir, "ExampleGen", run)
    assert (again.state, again.text, again.outputs) == (first.state, first.text, first.outputs)
    assert len(MetadataStore(connection(small)).get_executions()) == 1


@pytest.mark.slow
def test_another_run_has_executions_of_its_own(small: Config, run: Run, ir: pipeline_pb2.Pipeline) -> None:
    assert launch_node(ir, "ExampleGen", run).state == "done"
    assert launch_node(ir, "ExampleGen", Run(small.home, "r2")).state == "cached"
    assert launch_node(compile_ir(small, cache=False), "ExampleGen", Run(small.home, "r3")).state == "done"


@pytest.mark.slow
def test_a_verdict_stands_whatever_becomes_of_the_data(fresh: Sandbox, ir: pipeline_pb2.Pipeline) -> None:
    sound = fresh.data.read_text()
    fresh.data.write_text(sound + "one field\n")
    home = load(fresh.config).home
    rejected = launch_node(ir, "ExampleGen", Run(home, "r1"))
    assert rejected.error is not None
    assert (rejected.state, rejected.error["exit_code"]) == ("failed", 3)
    fresh.data.write_text(sound)
    assert launch_node(ir, "ExampleGen", Run(home, "r1")) == rejected
    assert launch_node(ir, "ExampleGen", Run(home, "r2")).state == "done"


@pytest.mark.slow
def test_a_node_without_its_inputs_fails_until_they_are_there(
    small: Config, run: Run, ir: pipeline_pb2.Pipeline
) -> None:
    failed = launch_node(ir, "StatisticsGen", run)
    assert failed.error is not None
    assert (failed.state, failed.text) == ("failed", "It did not run: its inputs could not be found.")
    assert launch_node(ir, "ExampleGen", Run(small.home, "r2")).succeeded
    assert launch_node(ir, "SchemaGen", Run(small.home, "r2")).state == "failed"
    assert launch_node(ir, "ExampleGen", run).succeeded
    assert launch_node(ir, "StatisticsGen", run).state == "done"


@pytest.mark.slow
def test_files_of_an_execution_that_nobody_remembers_are_cleared(
    small: Config, run: Run, ir: pipeline_pb2.Pipeline
) -> None:
    [folder] = launch_node(ir, "ExampleGen", run).outputs["examples"]
    small.home.metadata.unlink()
    Path(folder, "leftover").touch()
    assert launch_node(ir, "ExampleGen", Run(small.home, "r2")).outputs["examples"] == [folder]
    assert sorted(os.listdir(folder)) == [
        f"{half}-{split}" for half in ("Columns", "Split") for split in ("eval", "test", "train")
    ]


def test_a_damaged_store_is_an_outcome(small: Config, run: Run, ir: pipeline_pb2.Pipeline) -> None:
    small.home.metadata.write_bytes(bytes(range(256)) * 64)
    outcome = launch_node(ir, "ExampleGen", run)
    assert outcome.error is not None
    assert outcome.error["where"] == str(small.home.metadata)
    assert read_outcomes(run)["ExampleGen"] == outcome


@pytest.mark.slow
def test_an_error_that_nobody_foresaw_is_an_outcome_and_its_traceback_is_logged(
    small: Config, run: Run, ir: pipeline_pb2.Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    small.home.artifacts.mkdir()
    (small.home.artifacts / "ExampleGen").write_text("a file where a folder must be")
    with caplog.at_level(logging.ERROR):
        outcome = launch_node(ir, "ExampleGen", run)
    assert outcome.error is not None
    assert outcome.error["exit_code"] == 1
    assert len(outcome.error["what"].splitlines()) == 1
    assert "Error: " in outcome.error["what"]
    assert "Traceback" in caplog.text


@pytest.mark.slow
def test_the_pipeline_of_a_run_is_a_copy(run: Run, ir: pipeline_pb2.Pipeline) -> None:
    before = ir.SerializeToString(deterministic=True)
    copies = [for_run(ir, each) for each in (run, Run(run.home, "r2"))]
    assert [copy.runtime_spec.pipeline_run_id.field_value.string_value for copy in copies] == ["r1", "r2"]
    assert ir.SerializeToString(deterministic=True) == before


@pytest.mark.slow
def test_nodes_launched_one_by_one_make_what_a_run_makes(
    small: Config, run: Run, ir: pipeline_pb2.Pipeline, fresh: Sandbox, published: Sandbox
) -> None:
    ids = [node.id for node in choose_nodes(small)]
    for node in ids:
        if node == "Trainer":
            kill_in_the_middle(fresh, node)
        outcome = launch_node(ir, node, run)
        assert outcome.state == "done", outcome.text
    record = finish_run(small, run, "2026-01-01T00:00:00+00:00", ids)
    assert (record["exit_code"], record["published"]) == (0, 1)
    assert not list(small.home.artifacts.rglob(HALF))
    ours, theirs = made(small.home), made(load(published.config).home)
    metrics = [made.pop("metrics") for made in (ours, theirs)]
    assert metrics[0] == pytest.approx(metrics[1], abs=0.02)
    assert ours == theirs


def kill_in_the_middle(place: Sandbox, node: str) -> None:
    """Launches the node, kills it as it trains, and leaves half a file behind."""
    for_ever = ["--set", "training.epochs=100000"]
    process = place.start("launch-node", "--node", node, "--run-id", "r1", *for_ever)
    models = place.home.artifacts / node / "model"
    while not models.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.kill()
    process.communicate()
    [folder] = models.iterdir()
    (folder / HALF).touch()


def made(home: Home) -> dict[str, Any]:
    """What the one run of a pipeline has made and published."""
    [run_id] = os.listdir(home.runs)
    outcomes = read_outcomes(Run(home, run_id))
    schema, statistics, transform = (
        Path(outcomes[node].outputs[key][0])
        for node, key in (("SchemaGen", "schema"), ("StatisticsGen", "statistics"), ("Transform", "transform_graph"))
    )
    version = in_service(home)
    assert version is not None
    return {
        "schema": (schema / "schema.pbtxt").read_text(),
        "statistics": [rounded(path) for path in sorted(statistics.rglob("FeatureStats.pb"))],
        "vocabularies": {path.name: path.read_text() for path in (transform / "transform_fn" / "assets").iterdir()},
        "version": (version.number, list_files(version.path)),
        "texts": {node: outcomes[node].text for node in ("ExampleGen", "SchemaGen", "DataGate", "Resolver", "Pusher")},
        "metrics": version.manifest["metrics"],
    }


def rounded(path: Path) -> str:
    """The statistics of a split; the last digits of a mean depend on the order in which Beam hands rows on."""
    return re.sub(
        r"\d+\.\d+(e[+-]\d+)?", lambda number: f"{float(number[0]):.9g}", str(tfdv.load_stats_binary(str(path)))
    )
