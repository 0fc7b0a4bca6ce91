"""Launches one node of one run: every backend calls this, and nothing else runs a node."""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx import types
from tfx.dsl.compiler import constants
from tfx.dsl.io import fileio
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import data_types, runtime_parameter_utils
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.proto.orchestration import execution_result_pb2, pipeline_pb2

from components.patches.tfx_launcher import HookedLauncher
from components.registry.tree_digest import DIGEST, count_bytes
from components.summaries import summarise
from configs.errors import MillraceError
from configs.home import Home
from pipelines.execution import content_cache, disk_space, engine_jobs
from pipelines.execution.memory import PeakMemory
from pipelines.graph import beam_runner
from pipelines.runs.mlmd import SUCCESSFUL, read_executions
from pipelines.runs.outcomes import Outcome, failure, read_outcomes, write_outcome
from pipelines.runs.run import Run
from pipelines.storage import sync

Artifacts: TypeAlias = Mapping[str, Sequence[types.Artifact]]


@dataclass(frozen=True)
class Launched:
    """What TFX's launcher came to: how the execution ended, its number, the artifacts that it read and made, and the
    engine that did the work, if one did.
    """

    state: str
    execution: int
    inputs: Artifacts
    outputs: Artifacts
    engine: str | None = None


def launch_node(ir: pipeline_pb2.Pipeline, node_id: str, run: Run) -> Outcome:
    """Runs a node by TFX's own launcher and records how it ended.

    Again is safe: what succeeded, and a verdict, is returned at once; what was left half-done is cleared first.
    """
    known = read_outcomes(run).get(node_id)
    if known and known.is_verdict:
        return known
    started, spent, memory = time.monotonic(), cpu_seconds(), PeakMemory()
    try:
        of_run = for_run(ir, run)
        earlier = _execution(of_run, node_id)
        if known and known.succeeded and earlier and SUCCESSFUL.get(earlier.last_known_state) == known.state:
            return known
        launched = _launch(of_run, node_id, run.home)
        summary = summarise(node_id, launched.outputs)
        outcome = Outcome(
            node_id,
            launched.state,
            time.monotonic() - started,
            summary.text,
            summary.details,
            engine=launched.engine,
            **describe_artifacts(launched),
        )
    except Exception as error:
        outcome = failure(node_id, explain(error, node_id, run), time.monotonic() - started)
    outcome = replace(outcome, cpu=cpu_seconds() - spent, memory=memory.read())
    write_outcome(run, outcome)
    return outcome


def describe_artifacts(launched: Launched) -> dict[str, Any]:
    """Returns what an outcome says of the artifacts that a node read and made."""
    made = [artifact for artifacts in launched.outputs.values() for artifact in artifacts]
    return {
        "execution": launched.execution,
        "inputs": _list_uris(launched.inputs),
        "outputs": _list_uris(launched.outputs),
        "digests": {artifact.uri: artifact.get_string_custom_property(DIGEST) for artifact in made},
        "types": {artifact.uri: artifact.type_name for artifact in made},
        "sizes": {artifact.uri: count_bytes(Path(artifact.uri)) for artifact in made},
    }


def _list_uris(artifacts: Artifacts) -> dict[str, list[str]]:
    return {key: [artifact.uri for artifact in found] for key, found in artifacts.items()}


def cpu_seconds() -> float:
    """Returns what this process and the ended ones that it started have used so far."""
    return sum(os.times()[:4])


def for_run(ir: pipeline_pb2.Pipeline, run: Run) -> pipeline_pb2.Pipeline:
    """Returns a copy of the pipeline that belongs to one run."""
    copy = pipeline_pb2.Pipeline()
    copy.CopyFrom(ir)
    runtime_parameter_utils.substitute_runtime_parameter(copy, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run.id})
    return copy


def explain(error: Exception, node_id: str, run: Run) -> MillraceError:
    """Returns what to tell of an error; the traceback of one that nobody foresaw goes to the log."""
    if isinstance(error, MillraceError):
        return error
    if disk_space.is_full(error, run.home):
        told = disk_space.explain_full(node_id, run)
        disk_space.release(run)  # for the log, and the record
        logging.error("%s failed", node_id, exc_info=error)
        return told
    logging.error("%s failed", node_id, exc_info=error)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return MillraceError(
        f"{type(error).__name__}: {lines[0]}", where=node_id, remedy="The run's log.txt holds the traceback."
    )


def _launch(ir: pipeline_pb2.Pipeline, node_id: str, home: Home) -> Launched:
    node = next(node.pipeline_node for node in ir.nodes if node.pipeline_node.node_info.id == node_id)
    deployment = runner_utils.extract_local_deployment_config(ir)
    connection = metadata.Metadata(_connection(ir))
    launcher = Launcher(
        home,
        pipeline_node=node,
        mlmd_connection=connection,
        pipeline_info=ir.pipeline_info,
        pipeline_runtime_spec=ir.runtime_spec,
        executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
        custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
    )
    engine = beam_runner.name_engine(launcher.beam_flags)  # the launch makes other things of them
    with content_cache.by_content(home):
        launcher.launch()
    execution = _execution(ir, node_id)
    if execution is None or execution.last_known_state not in SUCCESSFUL:
        raise MillraceError(
            "It did not run: its inputs could not be found.",
            where=node_id,
            remedy="The run's log.txt says which is missing. Where the metadata have lost it, remove them by `millrace "
            "clean CONFIG` and run again: what is in service stays.",
        )
    with connection as handle:
        inputs = execution_lib.get_input_artifacts(handle, execution.id)
        outputs = execution_lib.get_output_artifacts(handle, execution.id)
    sync.fetch_files(home, *places(outputs))
    state = SUCCESSFUL[execution.last_known_state]
    return Launched(state, execution.id, inputs, outputs, engine if state == "done" else None)


def _execution(ir: pipeline_pb2.Pipeline, node_id: str) -> mlmd.Execution | None:
    run_id = ir.runtime_spec.pipeline_run_id.field_value.string_value
    return read_executions(_connection(ir), ir.pipeline_info.id, run_id).get(node_id)


def _connection(ir: pipeline_pb2.Pipeline) -> mlmd.ConnectionConfig:
    connections = runner_utils.extract_local_deployment_config(ir).metadata_connection_config
    return getattr(connections, connections.WhichOneof("connection_config"))


class Launcher(HookedLauncher):
    """TFX's launcher, whose executors find their folders empty, and sign what they made before it is published.

    Where the home is a working copy, inputs are fetched and outputs are put into the store.
    """

    def __init__(self, home: Home, **settings: Any) -> None:
        super().__init__(**settings)
        self.home = home
        self.pipeline = settings["pipeline_info"].id
        self.run_id = settings["pipeline_runtime_spec"].pipeline_run_id.field_value.string_value

    def receive(self, inputs: Artifacts) -> None:
        """Fetches the inputs."""
        sync.fetch_files(self.home, *places(inputs))

    def execute(self, execution_info: data_types.ExecutionInfo) -> execution_result_pb2.ExecutorOutput:
        """Runs the executor in empty folders, then signs and stores what it made."""
        clear(execution_info)
        self.add_beam_flags(engine_jobs.flags_of_run(self.beam_flags, self.pipeline, self.node_id, self.run_id))
        with beam_runner.watch_endpoint(self.beam_flags, self.node_id):
            output = super().execute(execution_info)
        for key, artifacts in list(output.output_artifacts.items()):
            content_cache.sign(artifacts.artifacts)
            if not artifacts.artifacts:  # TFX cannot merge an output that its driver emptied
                del output.output_artifacts[key]
        sync.put_files(self.home, *places(execution_info.output_dict))
        sync.put_service(self.home)
        sync.put_challenger(self.home)
        return output


def places(artifacts: Artifacts) -> list[Path]:
    """Returns where artifacts lie."""
    return [Path(artifact.uri) for found in artifacts.values() for artifact in found]


def clear(execution_info: data_types.ExecutionInfo) -> None:
    """Empties the folders that a node writes to: an attempt that was killed may have left files there.

    So may an execution that had the same number in a metadata store which is lost.
    """
    written = [artifact.uri for artifacts in execution_info.output_dict.values() for artifact in artifacts]
    for folder in filter(fileio.exists, [*written, execution_info.tmp_dir]):
        fileio.rmtree(folder)
    fileio.makedirs(execution_info.tmp_dir)
