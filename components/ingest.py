"""The ExampleGen node: checked data files become splits of tf.Examples."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from google.protobuf import any_pb2, struct_pb2
from pandas.util import hash_pandas_object
from pydantic import TypeAdapter
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

from components import preflight, reading, sources
from components.cells import Role, assign_roles, convert, list_lists, list_sources
from components.shards import Shard, find_columns
from configs.errors import DataRejected
from configs.schema import Config

ABSENT = -(2**63)


@dataclass(frozen=True)
class Plan:
    """What the node must know of the config, as it travels to the executor."""

    format: str
    roles: Mapping[str, Role]
    group: str | None = None

    def pack(self) -> example_gen_pb2.CustomConfig:
        settings, custom = struct_pb2.Struct(), any_pb2.Any()
        settings.update({"plan": TypeAdapter(Plan).dump_json(self).decode()})
        custom.Pack(settings)
        return example_gen_pb2.CustomConfig(custom_config=custom)

    @classmethod
    def unpack(cls, text: str) -> "Plan":
        settings = struct_pb2.Struct()
        _parse(text, example_gen_pb2.CustomConfig()).custom_config.Unpack(settings)
        return TypeAdapter(cls).validate_json(settings["plan"])


def example_gen(config: Config) -> BaseComponent:
    """Return the node that checks the files of `data.path` and splits their rows."""
    base, pattern = sources.find_data(config.data.path)
    splits = example_gen_pb2.SplitConfig(
        splits=[
            example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=parts)
            for name, parts in config.data.split.model_dump().items()
        ]
    )
    plan = Plan(config.data.format, assign_roles(config), config.data.group)
    return ExampleGen(
        input_base=base,
        input_config=example_gen_pb2.Input(splits=[example_gen_pb2.Input.Split(name=plan.format, pattern=pattern)]),
        output_config=example_gen_pb2.Output(split_config=splits),
        custom_config=plan.pack(),
    ).with_id("ExampleGen")


def digest_files(base: str, files: Iterable[str]) -> str:
    """Return a digest of the bytes of `files` and of their names below `base`, whatever their times are."""
    total = hashlib.sha256()
    for path in files:
        with sources.open_bytes(path) as file:
            content = hashlib.sha256()
            while block := file.read(reading.BLOCK):
                content.update(block)
            line = [os.path.relpath(path, base), file.tell(), content.hexdigest()]
        total.update(json.dumps(line).encode())
    return total.hexdigest()


def assign_splits(batch: pa.RecordBatch, parts: Sequence[int], group: str | None = None) -> np.ndarray:
    """Return the index of each row's split, by a hash of the row's own values, else of its `group` alone.

    `parts` weighs the splits.
    """
    names = [group] if group else batch.schema.names
    columns = [_hashable(batch.column(batch.schema.get_field_index(name))) for name in names]
    frame = pa.RecordBatch.from_arrays(columns, names).to_pandas()
    buckets = hash_pandas_object(frame, index=False).to_numpy() % np.uint64(sum(parts))
    return np.searchsorted(np.cumsum(parts), buckets, side="right")


class WriteShards(beam.DoFn):
    """Writes the rows of one file as one shard a split.

    A shard appears under its name when it is whole. A file is not divided, since a quoted newline hides its rows' ends.
    """

    def __init__(self, plan: Plan, parts: Sequence[int], folders: Sequence[str], staging: str) -> None:
        self.plan, self.parts, self.folders, self.staging = plan, parts, folders, staging

    def process(self, element: tuple[str, str]) -> None:
        """Write one file's rows; `element` is its path and the name of its shards."""
        path, name = element
        shards = [Shard(os.path.join(folder, name), self.staging) for folder in self.folders]
        roles, folder = self.plan.roles, sources.find_folder(path, self.plan.format)
        for raw in reading.read(path, self.plan.format, list_sources(roles), list_lists(roles)):
            batch = convert(raw, roles, folder)
            splits = assign_splits(batch, self.parts, self.plan.group)
            for index, shard in enumerate(shards):
                shard.write(batch.filter(pa.array(splits == index)))
        for shard in shards:
            shard.close()


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
        plan = Plan.unpack(exec_properties["custom_config"])
        files = sources.list_files(exec_properties["input_base"], pattern, plan.format)
        rows = _count_rows(files, plan, parts)
        examples.split_names = artifact_utils.encode_split_names(list(parts))
        self._write(examples, files, plan, parts)
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, "tfrecords_gzip")
        for split, count in rows.items():
            examples.set_int_custom_property(f"rows_{split}", count)

    def _write(self, examples: types.Artifact, files: Sequence[str], plan: Plan, parts: Mapping[str, int]) -> None:
        folders = [artifact_utils.get_split_uri([examples], split) for split in parts]
        staging = os.path.join(examples.uri, "staging")
        columns = [os.path.dirname(find_columns(os.path.join(folder, "any"))) for folder in folders]
        for folder in (*folders, *columns, staging):
            _clear(folder)
        shards = [(path, f"data_tfrecord-{i:05d}-of-{len(files):05d}.gz") for i, path in enumerate(files)]
        with self._make_beam_pipeline() as pipeline:
            write = beam.ParDo(WriteShards(plan, list(parts.values()), folders, staging))
            _ = pipeline | beam.Create(shards) | beam.Reshuffle() | write
        fileio.rmtree(staging)


def _count_rows(files: Sequence[str], plan: Plan, parts: Mapping[str, int]) -> dict[str, int]:
    counts = np.zeros(len(parts), int)
    for batch in preflight.check_batches(files, plan.format, plan.roles):
        counts += np.bincount(assign_splits(batch, list(parts.values()), plan.group), minlength=len(parts))
    rows = dict(zip(parts, counts.tolist(), strict=True))
    empty = next((split for split, count in rows.items() if not count), None)
    if empty:
        seen = ", ".join(f"{split} {count:,}" for split, count in rows.items())
        remedy = f"Add {'groups' if plan.group else 'rows'}, or give the split a larger part in data.split."
        raise DataRejected(f"The split `{empty}` comes out empty; rows: {seen}.", os.path.commonpath(files), remedy)
    return rows


def _hashable(column: pa.Array) -> pa.Array:
    """Return the column in a form whose hash depends on each cell alone, and not on those beside it."""
    if pa.types.is_integer(column.type):  # pandas would make floats of integers among nulls
        return column.fill_null(ABSENT)
    if pa.types.is_list(column.type):
        ends = np.cumsum(pc.list_value_length(column).fill_null(0))
        rows = np.split(column.flatten().to_numpy(zero_copy_only=False), ends[:-1])
        return pa.array([row.tobytes() for row in rows], pa.binary())
    return column


def _clear(folder: str) -> None:
    if fileio.exists(folder):
        fileio.rmtree(folder)
    fileio.makedirs(folder)


def _parse(text: str, message: Any) -> Any:
    proto_utils.json_to_proto(text, message)
    return message


class Content(input_processor.FileBasedInputProcessor):
    """Knows the input by its content, where TFX looks at sizes and times."""

    def resolve_span_and_version(self) -> tuple[int, int | None]:
        """Take all that matches as span 0."""
        return 0, None

    def get_input_fingerprint(self, span: int, version: int | None) -> str:
        """Return the digest; raise DataRejected where there are no files."""
        return digest_files(self._input_base_uri, self._list_files())

    def _list_files(self) -> Iterator[str]:
        for split in self._splits:
            for path in sources.list_files(self._input_base_uri, split.pattern, split.name):
                yield from sources.list_parts(path, split.name)


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
