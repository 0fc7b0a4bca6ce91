"""Writes a run into a metadata store as TFX's launcher does."""

from collections.abc import Mapping

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd


def record(connection: mlmd.ConnectionConfig, pipeline: str, run_id: str, states: Mapping[str, int]) -> None:
    """Records an execution in the given state for each node of a run."""
    store = MetadataStore(connection)
    run = context(store, "pipeline_run", run_id)
    kind = store.put_execution_type(mlmd.ExecutionType(name="step"))
    for node, state in states.items():
        execution = mlmd.Execution(type_id=kind, last_known_state=state)
        store.put_execution(
            execution, [], [run, context(store, "node", f"{pipeline}.{node}")], reuse_context_if_already_exist=True
        )


def context(store: MetadataStore, kind: str, name: str) -> mlmd.Context:
    """Returns a context, made unless it is there."""
    type_id = store.put_context_type(mlmd.ContextType(name=kind))
    known = store.get_context_by_type_and_name(kind, name)
    if known is None:
        [context_id] = store.put_contexts([mlmd.Context(type_id=type_id, name=name)])
        [known] = store.get_contexts_by_id([context_id])
    return known
