"""Content in place of identity: TFX's cache keys artifacts by their row in the database, we by what they hold."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx import types
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2

from components.patches.tfx_cache import Artifacts, cached
from components.registry.tree_digest import DIGEST, tree_digest
from configs.errors import MillraceError
from configs.home import Home
from pipelines.storage import sync


def by_content(home: Home) -> AbstractContextManager[None]:
    """Makes TFX's launcher key cached results by content, and answer with intact ones only, which are fetched."""

    def fetch_intact(outputs: Artifacts) -> bool:
        found = [artifact for artifacts in outputs.values() for artifact in artifacts]
        sync.fetch_files(home, *(Path(artifact.uri) for artifact in found))
        return all(map(is_intact, found))

    return cached(cache_key, fetch_intact)


def cache_key(
    node: pipeline_pb2.PipelineNode,
    pipeline: pipeline_pb2.PipelineInfo,
    executor: Message | None,
    inputs: Artifacts,
    outputs: Artifacts,
    parameters: Mapping[str, Any],
) -> str:
    """Returns the key that all equal executions share: same node, code, packages, parameters and input content.

    Raises MillraceError when an input is damaged.
    """
    key = hashlib.sha256()
    for message in (pipeline, node.node_info, _without_engine(executor)):
        key.update(message.SerializeToString(deterministic=True) if message else b"")
    for name, artifacts in sorted(inputs.items()):
        key.update(f"{name}:{','.join(map(identity, artifacts))};".encode())
    for name, artifacts in sorted(outputs.items()):
        key.update(f"{name}:{','.join(artifact.type_name for artifact in artifacts)};".encode())
    for name, value in sorted(parameters.items()):
        key.update(f"{name}={value};".encode())
    return key.hexdigest()


def _without_engine(executor_spec: Message | None) -> Message | None:
    """Returns the executor without the Beam engine that it runs on: the work, and so its result, is the same."""
    if not isinstance(executor_spec, executable_spec_pb2.BeamExecutableSpec):
        return executor_spec
    copy = executable_spec_pb2.BeamExecutableSpec()
    copy.CopyFrom(executor_spec)
    copy.ClearField("beam_pipeline_args")
    copy.ClearField("beam_pipeline_args_placeholders")
    return copy


def identity(artifact: types.Artifact) -> str:
    """Returns the type, the splits and the digest of an artifact; raises MillraceError when it is not as recorded."""
    if not is_intact(artifact):
        raise MillraceError(
            "A file of this artifact was changed or deleted after it was made.",
            where=artifact.uri,
            remedy="Run again: what is damaged is made anew.",
        )
    splits = getattr(artifact, "split_names", "")
    return f"{artifact.type_name}[{splits}]{artifact.get_string_custom_property(DIGEST)}"


def is_intact(artifact: types.Artifact) -> bool:
    """Whether an artifact's files are those that were there when it was made."""
    with suppress(OSError, MillraceError):
        return tree_digest(Path(artifact.uri)) == artifact.get_string_custom_property(DIGEST)
    return False


def sign(artifacts: Iterable[mlmd.Artifact]) -> None:
    """Records the digest of each artifact's files among its properties."""
    for artifact in artifacts:
        artifact.custom_properties[DIGEST].string_value = tree_digest(Path(artifact.uri))
