"""The ExampleGen node: checked CSV files become splits of tf.Examples."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf
from google.protobuf import any_pb2, struct_pb2
from pandas.util import hash_pandas_object
from tfx import types
from tfx.components.example_gen import driver, input_processor
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.components.util import examples_utils
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.types import artifact_utils
from tfx.utils import proto_utils
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components import preflight, sources
from configs.errors import DataRejected
from configs.schema import Config

GZIP = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)


def example_gen(config: Config) -> BaseComponent:
    """Return the node that checks the files of `data.path` and splits their rows."""
    base, pattern = sources.find_data(config.data.path)
    splits = example_gen_pb2.SplitConfig(
        splits=[
            example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=parts)
            for name, parts in config.data.split.model_dump().items()
        ]
    )
    settings = struct_pb2.Struct()
    settings.update({"roles": [list(role) for role in preflight.assign_roles(config).items()]})
    custom = any_pb2.Any()
    custom.Pack(settings)
    return ExampleGen(
        input_base=base,
        input_config=example_gen_pb2.Input(splits=[example_gen_pb2.Input.Split(name="all", pattern=pattern)]),
        output_config=example_gen_pb2.Output(split_config=splits),
        custom_config=example_gen_pb2.CustomConfig(custom_config=custom),
    ).with_id("ExampleGen")


def digest_files(base: str, files: Iterable[str]) -> str:
    """Return a digest of the bytes of `files` and of their names below `base`, whatever their times are."""
    total = hashlib.sha256()
    for path in files:
        with sources.open_bytes(path) as file:
            content = hashlib.sha256()
            while block := file.read(preflight.BLOCK):
                content.update(block)
            line = [os.path.relpath(path, base), file.tell(), content.hexdigest()]
        total.update(json.dumps(line).encode())
    return total.hexdigest()


def assign_splits(batch: pa.RecordBatch, parts: Sequence[int]) -> np.ndarray:
    """Return the index of each row's split, by a hash of the row's own values; `parts` weighs the splits."""
    buckets = hash_pandas_object(batch.to_pandas(), index=False).to_numpy() % np.uint64(sum(parts))
    return np.searchsorted(np.cumsum(parts), buckets, side="right")


def encode_examples(batch: pa.RecordBatch) -> list[bytes]:
    """Return a serialized tf.Example for each row; a null is a feature that is absent."""
    columns = [_wrap_cells(column) for column in batch.columns]
    return RecordBatchToExamplesEncoder().encode(pa.RecordBatch.from_arrays(columns, batch.schema.names))


def _wrap_cells(column: pa.Array) -> pa.ListArray:
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(valid)])
    offsets = pa.array(ends, pa.int32(), mask=np.append(~valid, False))
    cells = column.drop_null()
    return pa.ListArray.from_arrays(offsets, cells.cast(pa.binary()) if pa.types.is_string(cells.type) else cells)


class WriteShards(beam.DoFn):
    """Writes the rows of one CSV file as one shard a split.

    A shard appears under its name when it is whole. A file is not divided, since a quoted newline hides its rows' ends.
    """

    def __init__(self, roles: Mapping[str, str], parts: Sequence[int], folders: Sequence[str], staging: str) -> None:
        self.roles, self.parts, self.folders, self.staging = roles, parts, folders, staging

    def process(self, element: tuple[str, str]) -> None:
        """Write one file's rows; `element` is its path and the name of its shards."""
        path, shard = element
        drafts = [os.path.join(self.staging, uuid4().hex) for _ in self.folders]
        writers = [tf.io.TFRecordWriter(draft, GZIP) for draft in drafts]
        for batch in preflight.read_batches(path, self.roles):
            splits = assign_splits(batch, self.parts)
            for split, example in zip(splits.tolist(), encode_examples(batch), strict=True):
                writers[split].write(example)
        for writer, draft, folder in zip(writers, drafts, self.folders, strict=True):
            writer.close()
            fileio.rename(draft, os.path.join(folder, shard))


class Executor(BaseBeamExecutor):
    """Checks every row, then writes the splits."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `examples`; before Beam starts, raise DataRejected for unsound files and for an empty split."""
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        pattern = _parse(exec_properties["input_config"], example_gen_pb2.Input()).splits[0].pattern
        splits = _parse(exec_properties["output_config"], example_gen_pb2.Output()).split_config.splits
        parts = {split.name: split.hash_buckets for split in splits}
        roles = _read_roles(exec_properties["custom_config"])
        files = sources.list_files(exec_properties["input_base"], pattern)
        rows = _count_rows(files, roles, parts)
        examples.split_names = artifact_utils.encode_split_names(list(parts))
        self._write(examples, files, roles, parts)
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, "tfrecords_gzip")
        for split, count in rows.items():
            examples.set_int_custom_property(f"rows_{split}", count)

    def _write(
        self, examples: types.Artifact, files: Sequence[str], roles: Mapping[str, str], parts: Mapping[str, int]
    ) -> None:
        folders = [artifact_utils.get_split_uri([examples], split) for split in parts]
        staging = os.path.join(examples.uri, "staging")
        for folder in (*folders, staging):
            _clear(folder)
        shards = [(path, f"data_tfrecord-{i:05d}-of-{len(files):05d}.gz") for i, path in enumerate(files)]
        with self._make_beam_pipeline() as pipeline:
            write = beam.ParDo(WriteShards(roles, list(parts.values()), folders, staging))
            _ = pipeline | beam.Create(shards) | beam.Reshuffle() | write
        fileio.rmtree(staging)


def _count_rows(files: Sequence[str], roles: Mapping[str, str], parts: Mapping[str, int]) -> dict[str, int]:
    counts = np.zeros(len(parts), int)
    for batch in preflight.check_batches(files, roles):
        counts += np.bincount(assign_splits(batch, list(parts.values())), minlength=len(parts))
    rows = dict(zip(parts, counts.tolist(), strict=True))
    empty = next((split for split, count in rows.items() if not count), None)
    if empty:
        seen = ", ".join(f"{split} {count:,}" for split, count in rows.items())
        remedy = "Add rows, or give the split a larger part in data.split."
        raise DataRejected(f"The split `{empty}` comes out empty; rows: {seen}.", os.path.commonpath(files), remedy)
    return rows


def _clear(folder: str) -> None:
    if fileio.exists(folder):
        fileio.rmtree(folder)
    fileio.makedirs(folder)


def _parse(text: str, message: Any) -> Any:
    proto_utils.json_to_proto(text, message)
    return message


def _read_roles(text: str) -> dict[str, str]:
    settings = struct_pb2.Struct()
    _parse(text, example_gen_pb2.CustomConfig()).custom_config.Unpack(settings)
    return {name: role for name, role in settings["roles"]}


class Content(input_processor.FileBasedInputProcessor):
    """Knows the input by its content, where TFX looks at sizes and times."""

    def resolve_span_and_version(self) -> tuple[int, int | None]:
        """Take all that matches as span 0."""
        return 0, None

    def get_input_fingerprint(self, span: int, version: int | None) -> str:
        """Return the digest; raise DataRejected where there are no files."""
        base = self._input_base_uri
        return digest_files(base, (path for s in self._splits for path in sources.list_files(base, s.pattern)))


class Driver(driver.FileBasedDriver):
    """Keys the node's cache by the content of its files."""

    def get_input_processor(
        self,
        splits: Iterable[example_gen_pb2.Input.Split],
        range_config: range_config_pb2.RangeConfig | None = None,
        input_base_uri: str | None = None,
    ) -> Content:
        """Return what reads the content."""
        return Content(input_base_uri or "", splits, range_config)


class ExampleGen(FileBasedExampleGen):
    """TFX's file-based ExampleGen with the driver and the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver
