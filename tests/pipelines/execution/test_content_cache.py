"""Cached results: found by what goes into a node, used while they are intact."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2
from tfx.types import Artifact, standard_artifacts

from configs.errors import MillraceError
from pipelines.execution import content_cache
from tests.sandbox import Sandbox

JUDGED_BY_SERVICE = {"SchemaGen", "DataGate", "Resolver", "Pusher"}  # nodes that depend on the version in service


def make(folder: Path, text: str = "rows", splits: str = '["train"]') -> Artifact:
    """A signed artifact of one file."""
    folder.mkdir()
    (folder / "part").write_text(text)
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(folder), splits
    content_cache.sign([artifact.mlmd_artifact])
    return artifact


def key(examples: Artifact, beam: Sequence[str] | None = None, **changes: Any) -> str:
    """The cache key of a node that reads these examples; with `beam`, of one that Beam executes with these flags."""
    arguments = {"executor": "a.Executor", "pipeline": "taxi", "node": "Trainer", "parameters": {"epochs": 1}} | changes
    node = pipeline_pb2.PipelineNode()
    executor = executable_spec_pb2.PythonClassExecutableSpec(
        class_path=arguments["executor"], extra_flags=arguments.get("flags", [])
    )
    node.node_info.id = arguments["node"]
    return content_cache.cache_key(
        node,
        pipeline_pb2.PipelineInfo(id=arguments["pipeline"]),
        executor if beam is None else _on_beam(executor, beam),
        {arguments.get("input", "examples"): [examples]},
        {"model": [arguments.get("output", standard_artifacts.Model())]},
        arguments["parameters"],
    )


def _on_beam(
    executor: executable_spec_pb2.PythonClassExecutableSpec, flags: Sequence[str]
) -> executable_spec_pb2.BeamExecutableSpec:
    spec = executable_spec_pb2.BeamExecutableSpec(python_executor_spec=executor, beam_pipeline_args=flags)
    for flag in flags:
        spec.beam_pipeline_args_placeholders.add().value.string_value = flag
    return spec


def test_equal_content_has_one_key_wherever_it_lies_and_whichever_row_it_is(tmp_path: Path) -> None:
    one, other = make(tmp_path / "1"), make(tmp_path / "2")
    one.id, other.id = 1, 2
    other.set_string_custom_property("tfx_version", "9")
    assert key(one) == key(other)


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {"epochs": 2}},
        {"parameters": {"epochs": 1, "seed": 0}},
        {"executor": "an.other.Executor"},
        {"flags": ["--code=1"]},
        {"node": "Evaluator"},
        {"pipeline": "taxi2"},
        {"input": "rows"},
        {"output": standard_artifacts.ModelBlessing()},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_whatever_goes_into_a_node_is_part_of_its_key(tmp_path: Path, changes: dict[str, Any]) -> None:
    examples = make(tmp_path / "1")
    assert key(examples, **changes) != key(examples)


def test_the_engine_of_a_node_is_no_part_of_its_key(tmp_path: Path) -> None:
    examples = make(tmp_path / "1")
    here, there = (key(examples, beam=[f"--runner={name}"]) for name in ("DirectRunner", "FlinkRunner"))
    assert here == there
    assert key(examples, beam=[], executor="an.other.Executor") != here


def test_other_content_and_other_splits_have_other_keys(tmp_path: Path) -> None:
    artifacts = [
        make(tmp_path / "1"),
        make(tmp_path / "2", "raws"),
        make(tmp_path / "3", splits='["train", "test"]'),
    ]
    assert len({key(artifact) for artifact in artifacts}) == 3


def test_a_damaged_input_is_refused_by_name(tmp_path: Path) -> None:
    examples = make(tmp_path / "1")
    (tmp_path / "1" / "part").write_text("raws")
    with pytest.raises(MillraceError, match="changed or deleted") as error:
        key(examples)
    assert error.value.where == str(tmp_path / "1")


@pytest.mark.parametrize("damage", ["flip", "add", "delete", "rename", "vanish", "link"])
def test_an_artifact_is_intact_until_its_files_change(tmp_path: Path, damage: str) -> None:
    artifact, file = make(tmp_path / "1"), tmp_path / "1" / "part"
    assert content_cache.is_intact(artifact)
    if damage == "flip":
        file.write_text("sows")
    elif damage == "add":
        (tmp_path / "1" / "other").touch()
    elif damage == "delete":
        file.unlink()
    elif damage == "rename":
        file.rename(tmp_path / "1" / "port")
    elif damage == "vanish":
        shutil.rmtree(tmp_path / "1")
    else:
        file.rename(tmp_path / "part")
        file.symlink_to(tmp_path / "part")
    assert not content_cache.is_intact(artifact)


def test_an_artifact_without_a_digest_is_not_intact(tmp_path: Path) -> None:
    artifact = make(tmp_path / "1")
    artifact.mlmd_artifact.custom_properties[content_cache.DIGEST].string_value = ""
    assert not content_cache.is_intact(artifact)


@pytest.mark.slow
def test_an_equal_run_is_answered_by_the_cache_and_publishes_nothing(sandbox: Sandbox) -> None:
    history = sandbox.home.history.read_text()
    sandbox.home.settled.unlink()  # which answers without asking the nodes
    answer = sandbox.run()
    assert answer.code == 0
    assert {node for node, state in answer.states.items() if state == "done"} <= JUDGED_BY_SERVICE
    assert answer.states["Transform"] == answer.states["Trainer"] == answer.states["Evaluator"] == "cached"
    assert (answer.record["published"], answer.record["in_service"]) == (None, 1)
    assert answer.record["nodes"][-1]["text"] == "nothing new: version 1 is this model"
    assert sandbox.home.history.read_text() == history
    assert not (sandbox.home.serving / "2").exists()
    repeated = sandbox.run().record
    assert repeated["repeats"] == answer.record["run"]
    assert [node["text"] for node in repeated["nodes"]] == [node["text"] for node in answer.record["nodes"]]


@pytest.mark.slow
def test_a_change_of_the_training_trains_and_no_more(sandbox: Sandbox) -> None:
    answer = sandbox.run("--set", "training.optimizer.learning_rate=0.02", "--until", "Trainer")
    assert answer.code == 0
    states = answer.states
    assert states.pop("Trainer") == "done"
    assert {node for node, state in states.items() if state == "done"} <= JUDGED_BY_SERVICE
    assert (states["ExampleGen"], states["Transform"]) == ("cached", "cached")


@pytest.mark.slow
def test_data_of_the_same_size_and_age_is_seen_to_be_other_data(sandbox: Sandbox) -> None:
    before, text = sandbox.data.stat(), sandbox.data.read_text()
    sandbox.data.write_text(text.replace("Credit Card", "Credit Cord", 1))
    os.utime(sandbox.data, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert sandbox.data.stat().st_size == before.st_size
    assert sandbox.run("--until", "ExampleGen").states == {"ExampleGen": "done"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("node", "file"),
    [
        ("StatisticsGen", "statistics/*/Split-train/FeatureStats.pb"),
        pytest.param("Transform", "transform_graph/*/transform_fn/saved_model.pb", marks=pytest.mark.full),
        pytest.param(
            "Trainer", "model/*/Format-Serving/variables/variables.data-00000-of-00001", marks=pytest.mark.full
        ),
    ],
)
def test_a_damaged_result_is_made_anew(sandbox: Sandbox, node: str, file: str) -> None:
    [damaged] = (sandbox.home.artifacts / node).glob(file)
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    answer = sandbox.run("--until", node)
    assert answer.code == 0
    states = answer.states
    assert states.pop(node) == "done"
    assert {node for node, state in states.items() if state == "done"} <= JUDGED_BY_SERVICE
    used = [uri for uris in answer.record["nodes"][-1]["outputs"].values() for uri in uris]
    assert not [uri for uri in used if damaged.is_relative_to(uri)]


@pytest.mark.slow
def test_without_the_cache_every_node_that_was_asked_for_runs_again(sandbox: Sandbox) -> None:
    answer = sandbox.run("--no-cache", "--until", "SchemaGen")
    assert answer.code == 0
    assert answer.states == {"ExampleGen": "done", "StatisticsGen": "done", "SchemaGen": "done"}
