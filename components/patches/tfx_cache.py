"""TFX's cache, whose keys and answers are its caller's to decide: what it keys, and how it looks up, is hard-wired."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from google.protobuf.message import Message
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx import types
from tfx.orchestration import metadata
from tfx.orchestration.portable.mlmd import context_lib
from tfx.proto.orchestration import pipeline_pb2

from components.patches.ledger import CACHE, applied

Artifacts = Mapping[str, Sequence[types.Artifact]]


def cached(key: Callable[..., str], accept: Callable[[Artifacts], bool]) -> AbstractContextManager[None]:
    """Makes TFX's launcher key results by `key`, and answer with those alone that `accept` accepts.

    `key` is called with the node, the pipeline's info, the executor, the inputs, the outputs and the parameters.
    Raises MillraceError with a TFX that is not tested.
    """
    return applied(
        CACHE, get_cache_context=lambda _: keyed_by(key), get_cached_outputs=lambda stock: only(stock, accept)
    )


def keyed_by(key: Callable[..., str]) -> Callable[..., mlmd.Context]:
    """Returns what stands in for `cache_utils.get_cache_context`: the context that executions of one key share."""

    def get_cache_context(
        metadata_handle: metadata.Metadata,
        pipeline_node: pipeline_pb2.PipelineNode,
        pipeline_info: pipeline_pb2.PipelineInfo,
        executor_spec: Message | None = None,
        input_artifacts: Artifacts | None = None,
        output_artifacts: Artifacts | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> mlmd.Context:
        given = (input_artifacts or {}, output_artifacts or {}, parameters or {})
        return context_lib.register_context_if_not_exists(
            metadata_handle,
            context_type_name=context_lib.CONTEXT_TYPE_EXECUTION_CACHE,
            context_name=key(pipeline_node, pipeline_info, executor_spec, *given),
        )

    return get_cache_context


def only(
    stock: Callable[..., Artifacts | None], accept: Callable[[Artifacts], bool]
) -> Callable[..., Artifacts | None]:
    """Returns what stands in for `cache_utils.get_cached_outputs`: None for what is not accepted, too."""

    def get_cached_outputs(metadata_handle: metadata.Metadata, cache_context: mlmd.Context) -> Artifacts | None:
        outputs = stock(metadata_handle=metadata_handle, cache_context=cache_context)
        return outputs if outputs is not None and accept(outputs) else None

    return get_cached_outputs
