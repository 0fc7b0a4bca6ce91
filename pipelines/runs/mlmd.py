"""The metadata store: how to reach it, and what it says of a run."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from ml_metadata import errors
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from configs.errors import MillraceError
from configs.schema.config import Config
from configs.schema.metadata_store import read_database

Execution: TypeAlias = mlmd.Execution
OF_A_RUN = "pipeline_run"  # TFX's type of the context that all executions of a run have
SUCCESSFUL = {Execution.COMPLETE: "done", Execution.CACHED: "cached"}


def connection(config: Config) -> mlmd.ConnectionConfig:
    """Returns the connection of `storage.metadata`, mysql://USER:PASSWORD@HOST:PORT/DATABASE, else SQLite at home."""
    result = mlmd.ConnectionConfig()
    if config.storage.metadata is None:
        config.home.root.mkdir(parents=True, exist_ok=True)
        result.sqlite.filename_uri = str(config.home.metadata)
        result.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        return result
    found = read_database(config.storage.metadata, "storage.metadata")
    result.mysql.host, result.mysql.port, result.mysql.database = found.host, found.port, found.name
    result.mysql.user, result.mysql.password = found.user, found.password
    return result


def read_executions(store: mlmd.ConnectionConfig, pipeline: str, run: str) -> dict[str, Execution]:
    """Returns the execution of each node that a run, by its id, has reached, by the node's id.

    The connection is its own, which takes some milliseconds: of one that was held while a node trains for hours the
    server may have closed its end, and MLMD then fails the next query, which publishes the node's result, before it
    connects anew. Raises MillraceError when the store cannot be reached or read.
    """
    with _explained(store):
        return _list_executions(MetadataStore(store), pipeline, run)


def read_outputs(store: mlmd.ConnectionConfig, executions: Iterable[Execution]) -> list[mlmd.Artifact]:
    """Returns the artifacts that executions made, or that the cache answered with; raises as `read_executions` does."""
    with _explained(store):
        opened = MetadataStore(store)
        events = opened.get_events_by_execution_ids([execution.id for execution in executions])
        made = {event.artifact_id for event in events if event.type == mlmd.Event.OUTPUT}
        return list(opened.get_artifacts_by_id(sorted(made)))


def repeat_execution(
    store: mlmd.ConnectionConfig, pipeline: str, run: str, number: int, made: Collection[str]
) -> int | None:
    """Records that an earlier execution, by its number, answers for its node in a run; returns the new one's number.

    It is written down as TFX's launcher does of one that its cache answers for. None where the earlier one is unknown,
    another pipeline's, or made other artifacts than those that lie at these places.
    """
    with _explained(store):
        opened = MetadataStore(store)
        found = opened.get_executions_by_id([number])
        if not found or found[0].last_known_state not in SUCCESSFUL:
            return None
        events = opened.get_events_by_execution_ids([number])
        artifacts = {each.id: each for each in opened.get_artifacts_by_id([event.artifact_id for event in events])}
        outputs = {artifacts[event.artifact_id].uri for event in events if event.type == mlmd.Event.OUTPUT}
        kinds = {kind.id: kind.name for kind in opened.get_context_types()}
        lasting = [each for each in opened.get_contexts_by_execution(number) if kinds[each.type_id] != OF_A_RUN]
        ours = any(kinds[each.type_id] == "node" and each.name.startswith(f"{pipeline}.") for each in lasting)
        if not ours or outputs != set(made):
            return None
        told = [mlmd.Event(type=each.type, path=each.path, artifact_id=each.artifact_id) for each in events]
        of_run = mlmd.Context(type_id=opened.get_context_type(OF_A_RUN).id, name=run)
        repeated, _, _ = opened.put_execution(
            mlmd.Execution(type_id=found[0].type_id, last_known_state=Execution.CACHED),
            [(artifacts[event.artifact_id], event) for event in told],
            [*lasting, opened.get_context_by_type_and_name(OF_A_RUN, run) or of_run],
            reuse_context_if_already_exist=True,
        )
        return int(repeated)


@contextmanager
def _explained(store: mlmd.ConnectionConfig) -> Iterator[None]:
    try:
        yield
    except (errors.StatusError, RuntimeError) as error:
        reason = str(error).removeprefix("Error when executing query: ").partition(" query:")[0]
        where, remedy = f"{store.mysql.host}:{store.mysql.port}", "See that it runs and that storage.metadata is right."
        if store.HasField("sqlite"):
            where, remedy = store.sqlite.filename_uri, "Remove it by `millrace clean CONFIG`: what is in service stays."
        raise MillraceError(f"The metadata store cannot be used: {reason}.", where, remedy) from error


def _list_executions(store: MetadataStore, pipeline: str, run: str) -> dict[str, Execution]:
    context_of_run = store.get_context_by_type_and_name(OF_A_RUN, run)
    if context_of_run is None:
        return {}
    prefix = f"{pipeline}."
    return {
        context.name.removeprefix(prefix): execution
        for execution in store.get_executions_by_context(context_of_run.id)
        for context in store.get_contexts_by_execution(execution.id)
        if context.name.startswith(prefix) and store.get_context_types_by_id([context.type_id])[0].name == "node"
    }
