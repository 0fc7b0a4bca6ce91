"""The metadata store: how to reach it, and what it says of a run."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from ml_metadata import errors
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from configs.errors import MillraceError
from configs.schema.config import Config
from configs.schema.metadata_store import read_database

Execution: TypeAlias = mlmd.Execution
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
    context_of_run = store.get_context_by_type_and_name("pipeline_run", run)
    if context_of_run is None:
        return {}
    prefix = f"{pipeline}."
    return {
        context.name.removeprefix(prefix): execution
        for execution in store.get_executions_by_context(context_of_run.id)
        for context in store.get_contexts_by_execution(execution.id)
        if context.name.startswith(prefix) and store.get_context_types_by_id([context.type_id])[0].name == "node"
    }
