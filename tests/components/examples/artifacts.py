"""Artifacts of examples, written as ExampleGen does it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from tfx.types import artifact_utils, standard_artifacts

from components.examples.shards import Shard


def write_examples(folder: Path, shards: Mapping[str, Sequence[pa.RecordBatch]]) -> standard_artifacts.Examples:
    """Writes an artifact of one split, whose shards hold these batches each."""
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    artifact.split_names = artifact_utils.encode_split_names(["train"])
    artifact.set_int_custom_property("rows_train", sum(len(rows) for batches in shards.values() for rows in batches))
    for kind in ("Split", "Columns"):
        (folder / f"{kind}-train").mkdir()
    for name, batches in shards.items():
        shard = Shard(str(folder / "Split-train" / name), str(folder))
        for rows in batches:
            shard.write(rows)
        shard.close()
    return artifact
