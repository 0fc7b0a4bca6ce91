"""The ExampleGen node: checked data files become splits of tf.Examples."""

import json
import os
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from google.protobuf import any_pb2, struct_pb2
from pydantic import TypeAdapter
from tfx import types
from tfx.components.example_gen import driver, utils
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.components.util import examples_utils
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.dsl.io import fileio
from tfx.orchestration import data_types
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.types.standard_component_specs import CUSTOM_CONFIG_KEY, INPUT_BASE_KEY, INPUT_CONFIG_KEY
from tfx.utils import proto_utils

from components.base import Made
from components.examples.shards import Shard, staged
from components.examples.splits import (
    assign_by_class,
    assign_by_time,
    assign_splits,
    find_class_cuts,
    find_cuts,
    find_times,
    hash_classes,
    tell_origins,
    thin,
)
from components.examples.windows import Frame, roll
from components.readers import spans
from components.readers.file_format import FileFormat
from components.readers.files import digest_files, list_files, list_parts
from components.readers.formats import FORMATS, find_format
from components.readers.portions import Portion, digest_portion
from components.readers.query import Query
from components.readers.ranges import Range, pack
from components.readers.sources import bring, find_query, find_source
from components.readers.spans import ALL, Choice
from components.summaries import Outputs, Summary
from components.validation import validate
from components.validation.column_types import Role
from components.validation.typed_batch import (
    TIME,
    assign_roles,
    convert,
    drop_orders,
    drop_unlabelled,
    list_lists,
    list_sources,
    number_rows,
)
from configs.copies import locate_data, name_copied
from configs.errors import DataRejected
from configs.progress import PROGRESS
from configs.schema.config import Config
from configs.schema.dialect import PLAIN, Dialect
from configs.schema.training import Replay

ENGINE = re.compile("--runner=(?!.*FnApiRunner)")  # a flag for Beam that names another machine
Assign = Callable[[pa.RecordBatch], np.ndarray]
Unit = tuple[list[Range], Assign]  # what of files becomes one shard a split, and what assigns their rows


@dataclass(frozen=True)
class Plan:
    """What the node must know of the config, as it travels to the executor."""

    format: str
    roles: Mapping[str, Role]
    groups: tuple[str, ...] = ()
    frame: Frame | None = None
    choice: Choice = Choice()
    dialect: Dialect = PLAIN
    stratify: str | None = None  # the label whose classes are divided alike
    repeats: bool = False
    query: Query | None = None
    origins: int = 1  # from which the test split is judged
    missing: str = ""  # spans that the driver found none of, in words
    replay: Replay | None = None
    replayed: tuple[str, ...] = ()  # earlier spans of which some rows are learnt again, as the driver found them

    def roll(self, batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        """Return the typed rows of all files as what becomes examples."""
        examples = roll(batches, self.frame) if self.frame else batches
        return (drop_unlabelled(batch, self.roles) for batch in examples)

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


def build(config: Config, made: Made) -> BaseComponent:
    """Return the node that checks the files of `data.path` and splits their rows."""
    base, pattern = find_source(config.data)
    everything = example_gen_pb2.Input.Split(name=ALL, pattern=pattern)
    splits = example_gen_pb2.SplitConfig(
        splits=[
            example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=parts)
            for name, parts in config.data.split.parts.items()
        ]
    )
    data, frame = config.data, Frame.of(config)
    plan = Plan(
        data.format,
        assign_roles(config),
        data.groups,
        frame,
        Choice.of(data),
        data.dialect,
        config.label.name if data.split.stratify else None,
        data.split.repeats,
        find_query(data),
        config.evaluation.backtest or 1,
        replay=config.training.replay,
    )
    return ExampleGen(
        input_base=name_copied(base) or base,
        input_config=example_gen_pb2.Input(splits=[everything]),
        output_config=example_gen_pb2.Output(split_config=splits),
        custom_config=plan.pack(),
    ).with_id("ExampleGen")


def summarise(outputs: Outputs) -> Summary:
    """Return how many rows each split has, and of which spans they are."""
    [examples] = outputs["examples"]
    splits = artifact_utils.decode_split_names(examples.split_names)
    rows = {split: examples.get_int_custom_property(f"rows_{split}") for split in splits}
    parts = " / ".join(f"{count:,} {split}" for split, count in rows.items())
    names = [name for name in examples.get_string_custom_property("spans").split(", ") if name]
    found: list[int | str] = [int(name) if name.isdigit() else name for name in names]
    missing = examples.get_string_custom_property("missing")
    told = f"{', '.join(names)}{f' ({missing})' * bool(missing)}"
    text = f"span{'s' * (len(found) > 1)} {told}: " if found else ""
    portions = json.loads(examples.get_string_custom_property("portions") or "{}")
    figures = {"rows": rows, "portions": portions} | ({"spans": found} if found else {})
    figures |= {"missing": missing} if missing else {}
    if replayed := examples.get_int_custom_property("replayed"):
        parts, figures = f"{parts}; {replayed:,} of train replayed", figures | {"replayed": replayed}
    if unlabelled := examples.get_int_custom_property("unlabelled"):
        parts, figures = f"{parts}; {unlabelled:,} without a label left out", figures | {"unlabelled": unlabelled}
    return Summary(f"{text}{sum(rows.values()):,} rows: {parts}", figures)


class WriteShards(beam.DoFn):
    """Writes the rows of some ranges of files, or of all files of a series, as one shard a split.

    A shard appears under its name when it is whole.
    """

    def __init__(self, plan: Plan, folders: Sequence[str], staging: str) -> None:
        self.plan, self.folders, self.staging = plan, folders, staging

    def process(self, element: tuple[list[Range], str, Any]) -> None:  # Beam knows no Assign
        """Write the rows of some ranges; `element` is these, the name of their shards, and what assigns rows."""
        ranges, name, assign = element
        shards = [Shard(os.path.join(folder, name), self.staging) for folder in self.folders]
        for batch in self.plan.roll(chain.from_iterable(map(self._read_range, ranges))):
            splits, rows = assign(batch), drop_orders(batch)
            if self.plan.origins > 1:
                splits, rows = tell_origins(splits, rows)
            for index, shard in enumerate(shards):
                shard.write(rows.filter(pa.array(splits == index)))
        for shard in shards:
            shard.close()

    def _read_range(self, part: Range) -> Iterator[pa.RecordBatch]:
        roles, folder = self.plan.roles, FORMATS[self.plan.format].find_folder(part.path)
        reader = find_format(part.path, self.plan.format, self.plan.dialect)
        rows = 0
        for raw in reader.read_range(part, list_sources(roles), list_lists(roles)):
            batch = convert(raw, roles, folder)
            yield number_rows(batch, rows) if self.plan.repeats else batch
            rows += len(batch)


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
        found = _parse(exec_properties["input_config"], example_gen_pb2.Input())
        splits = _parse(exec_properties["output_config"], example_gen_pb2.Output()).split_config.splits
        parts = {split.name: split.hash_buckets for split in splits}
        plan = Plan.unpack(exec_properties["custom_config"])
        base, counts = locate_data(exec_properties["input_base"]), dict[str, int]()
        spans_files = {split.name: list_files(base, split.pattern, plan.format) for split in found.splits}
        earlier = [path for span in plan.replayed for path in spans_files[span]]
        files = [path for span, paths in spans_files.items() if span not in plan.replayed for path in paths]
        divided = self._divide_on_engine(examples, files, plan, parts, counts)
        assign, rows, unlabelled = divided or _divide(files, plan, parts, counts)
        units = [(list(map(Range, files)), assign)] if plan.frame else [(each, assign) for each in _cut(files, plan)]
        if plan.replay and earlier:
            again, replayed = _replay(earlier, plan, assign, rows["train"], counts)
            units += [(each, again) for each in _cut(earlier, plan)]
            rows["train"] += replayed
            examples.set_int_custom_property("replayed", replayed)
        examples.split_names = artifact_utils.encode_split_names(list(parts))
        PROGRESS.info("writing %s rows", f"{sum(rows.values()):,}")
        self._write_splits(examples, plan, units)
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, "tfrecords_gzip")
        taken = (name for name in spans_files if name not in (ALL, *plan.replayed))
        examples.set_string_custom_property("spans", ", ".join(taken))
        examples.set_string_custom_property("missing", plan.missing)
        for split, count in rows.items():
            examples.set_int_custom_property(f"rows_{split}", count)
        if unlabelled:
            examples.set_int_custom_property("unlabelled", unlabelled)
        portions = {
            name: Portion(digest_portion(base, found, plan.format, plan.dialect), sum(counts[path] for path in found))
            for name, found in spans_files.items()
        }
        examples.set_string_custom_property("portions", TypeAdapter(dict[str, Portion]).dump_json(portions).decode())

    def _divide_on_engine(
        self,
        examples: types.Artifact,
        files: Sequence[str],
        plan: Plan,
        parts: Mapping[str, int],
        counts: MutableMapping[str, int],
    ) -> tuple[Assign, dict[str, int], int] | None:
        """Return what `_divide` does, by an engine's workers; None where this machine is to do it.

        That is where it is the engine, where rows count by their places, where one worker would do all, and of unsound
        files, since what is wrong with them is told by who reads all in order.
        """
        if plan.frame or plan.repeats or not any(map(ENGINE.match, self._beam_pipeline_args)):
            return None
        units, folder = list(_cut(files, plan)), os.path.join(examples.uri, "survey")
        if len(units) < 2:
            return None
        fileio.makedirs(folder)
        with self._make_beam_pipeline() as pipeline:
            told = (plan, list(parts.values()), files[0], folder)
            _ = pipeline | beam.Create(list(enumerate(units))) | beam.Reshuffle() | beam.Map(_survey, *told)
        surveys: list[Survey | None] = []
        for number in range(len(units)):
            with fileio.open(os.path.join(folder, str(number)), "rb") as file:
                surveys.append(pickle.loads(file.read()))
        fileio.rmtree(folder)
        found = [survey for survey in surveys if survey]
        if len(found) < len(units):
            return None
        for survey in found:
            for path, rows in survey.counts.items():
                counts[path] = counts.get(path, 0) + rows
        validate.require_labels(
            plan.roles, set().union(*(survey.labels for survey in found)), sum(counts.values()), files
        )
        assign, sizes = _settle([keys for survey in found for keys in survey.keys], plan, parts, files)
        return assign, sizes, sum(survey.unlabelled for survey in found)

    def _write_splits(self, examples: types.Artifact, plan: Plan, units: Sequence[Unit]) -> None:
        splits = artifact_utils.decode_split_names(examples.split_names)
        folders = [artifact_utils.get_split_uri([examples], split) for split in splits]
        names = [f"data_tfrecord-{number:05d}-of-{len(units):05d}.gz" for number in range(len(units))]
        shards = [(ranges, name, assign) for (ranges, assign), name in zip(units, names, strict=True)]
        with staged(examples) as staging, self._make_beam_pipeline() as pipeline:
            write = beam.ParDo(WriteShards(plan, folders, staging))
            _ = pipeline | beam.Create(shards) | beam.Reshuffle() | write


def _cut(files: Sequence[str], plan: Plan) -> Iterator[list[Range]]:
    """Yield the ranges of the files, as many together as make a shard; whole files where a row's place in it counts."""
    readers = [find_format(path, plan.format, plan.dialect) for path in files]
    whole = plan.repeats
    return pack(
        part
        for reader, path in zip(readers, files, strict=True)
        for part in (FileFormat.cut(reader, path) if whole else reader.cut(path))
    )


@dataclass(frozen=True)
class Survey:
    """What the rows of some ranges tell of how all are divided, and how many of them each file has."""

    counts: Mapping[str, int]
    unlabelled: int
    labels: frozenset[float]  # the least and the greatest of each batch
    keys: Sequence[tuple[np.ndarray, ...]]  # of each batch, as `_find_keys` has them


def _survey(element: tuple[int, list[Range]], plan: Plan, weights: list[int], first: str, folder: str) -> None:
    """Checks the rows of some ranges on an engine's worker, and leaves their survey in a file; None of unsound ones."""
    number, ranges = element
    counts, labels, unlabelled = dict.fromkeys((part.path for part in ranges), 0), set[float](), list[int]()
    found: Survey | None = None
    with suppress(DataRejected, pa.ArrowInvalid):
        keys = []
        for part in ranges:
            for batch in validate.check_range(part, first, plan.format, plan.roles, plan.dialect):
                counts[part.path] += len(batch)
                labels |= validate.find_labels(batch, plan.roles)
                [labelled] = _count_unlabelled([batch], plan, unlabelled)
                keys += [_find_keys(kept, plan, weights) for kept in plan.roll([labelled])]
        found = Survey(counts, sum(unlabelled), frozenset(labels), keys)
    with fileio.open(os.path.join(folder, str(number)), "wb") as file:
        file.write(pickle.dumps(found))


def _divide(
    files: Sequence[str], plan: Plan, parts: Mapping[str, int], counts: MutableMapping[str, int]
) -> tuple[Assign, dict[str, int], int]:
    """Return what assigns rows to splits, how many rows each split gets, and how many are left out for want of a label.

    How many rows each file has is put into `counts`. Raises DataRejected for unsound files.
    """
    unlabelled: list[int] = []
    checked = validate.check_batches(files, plan.format, plan.roles, plan.dialect, plan.repeats, counts)
    batches = plan.roll(_count_unlabelled(checked, plan, unlabelled))
    assign, rows = _settle([_find_keys(batch, plan, list(parts.values())) for batch in batches], plan, parts, files)
    return assign, rows, sum(unlabelled)


def _find_keys(batch: pa.RecordBatch, plan: Plan, weights: Sequence[int]) -> tuple[np.ndarray, ...]:
    """Return what rows are divided by: their times, their classes and hashes, or how many of them each split has."""
    if TIME in plan.roles:
        return (find_times(batch),)
    if plan.stratify:
        return hash_classes(batch, plan.stratify)
    return (np.bincount(assign_splits(batch, weights, plan.groups), minlength=len(weights)),)


def _settle(
    keys: Sequence[tuple[np.ndarray, ...]], plan: Plan, parts: Mapping[str, int], files: Sequence[str]
) -> tuple[Assign, dict[str, int]]:
    """Return what assigns rows to splits, and how many rows each gets, by the keys of all batches."""
    weights = list(parts.values())
    if TIME in plan.roles:
        times = np.concatenate([found for (found,) in keys])
        cuts = find_cuts(times, [*(plan.origins * weight for weight in weights[:-1]), *plan.origins * weights[-1:]])
        assign: Assign = partial(assign_by_time, cuts=cuts)
        found = np.bincount(np.searchsorted(cuts, times, side="right"), minlength=len(cuts) + 1)
        sizes = np.append(found[: len(parts) - 1], found[len(parts) - 1 :].sum())
        _require_origins(found[len(parts) - 1 :], files)
    elif plan.stratify:
        classes, hashes = (np.concatenate(arrays) for arrays in zip(*keys, strict=True))
        within = find_class_cuts(classes, hashes, weights)
        assign = partial(assign_by_class, label=plan.stratify, cuts=within)
        sizes = np.sum(
            [
                np.bincount(np.searchsorted(cuts, hashes[classes == index], side="right"), minlength=len(parts))
                for index, cuts in within.items()
            ],
            axis=0,
        )
    else:
        assign = partial(assign_splits, parts=weights, groups=plan.groups)
        sizes = np.sum([found for (found,) in keys], axis=0)
    rows = dict(zip(parts, sizes.tolist(), strict=True))
    empty = next((split for split, count in rows.items() if not count), None)
    if empty:
        seen = ", ".join(f"{split} {count:,}" for split, count in rows.items())
        remedy = f"Add {'groups' if plan.groups else 'rows'}, or give the split a larger part in data.split."
        if not plan.groups and not plan.repeats:
            remedy += " Where many rows are equal, data.split.repeats parts them."
        raise DataRejected(f"The split `{empty}` comes out empty; rows: {seen}.", os.path.commonpath(files), remedy)
    return assign, rows


def _replay(
    files: Sequence[str], plan: Plan, assign: Assign, new: int, counts: MutableMapping[str, int]
) -> tuple[Assign, int]:
    """Return what assigns the rows of earlier spans that are learnt again, and how many these are.

    They are of those that the train split would have had, as many as make up their share beside the `new` rows.
    """
    share = plan.replay.share if plan.replay else 0.0

    def read() -> Iterable[pa.RecordBatch]:
        return plan.roll(validate.check_batches(files, plan.format, plan.roles, plan.dialect, plan.repeats, counts))

    there = sum(int((assign(batch) == 0).sum()) for batch in read())
    kept = min(1.0, new * share / (1 - share) / max(1, there))
    again: Assign = partial(_assign_again, assign=assign, share=kept)
    return again, sum(int((again(batch) == 0).sum()) for batch in read())


def _assign_again(batch: pa.RecordBatch, assign: Assign, share: float) -> np.ndarray:
    return thin(batch, assign(batch), share)


def _require_origins(rows: np.ndarray, files: Sequence[str]) -> None:
    """Raises DataRejected where there are no rows between an origin and the next, but some after another."""
    if rows.any() and not rows.all():
        what = f"After origin {int(np.flatnonzero(rows == 0)[0]) + 1} of {len(rows)} there is no row."
        remedy = "Lower evaluation.backtest, or give test a larger part in data.split."
        raise DataRejected(what, os.path.commonpath(files), remedy)


def _count_unlabelled(batches: Iterable[pa.RecordBatch], plan: Plan, counts: list[int]) -> Iterator[pa.RecordBatch]:
    """Yield the batches, and add to `counts` the rows of each without a label."""
    for batch in batches:
        counts.append(len(batch) - len(drop_unlabelled(batch, plan.roles)))
        yield batch


def _list_files(base: str, found: example_gen_pb2.Input, format: str) -> list[str]:
    return [path for split in found.splits for path in list_files(base, split.pattern, format)]


def _parse(text: str, message: Any) -> Any:
    proto_utils.json_to_proto(text, message)
    return message


class Driver(driver.FileBasedDriver):
    """Chooses the spans, and knows the input by its content, where TFX looks at sizes and times."""

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo,
        component_info: data_types.ComponentInfo,
    ) -> dict[str, Any]:
        """Return the properties with the patterns of the spans, the newest one's number, and a digest of the files.

        As TFX has it, all that matches is span 0 where the pattern has none. Raises DataRejected for absent data.
        """
        base, plan = locate_data(exec_properties[INPUT_BASE_KEY]), Plan.unpack(exec_properties[CUSTOM_CONFIG_KEY])
        [split] = _parse(exec_properties[INPUT_CONFIG_KEY], example_gen_pb2.Input()).splits
        bring(base, split.pattern, plan.query)
        chosen = spans.choose(base, split.pattern, plan.choice)
        earlier = []
        if plan.replay:
            earlier = spans.choose_before(base, split.pattern, plan.choice, chosen.spans[0].number, plan.replay.spans)
        found = example_gen_pb2.Input(
            splits=[
                example_gen_pb2.Input.Split(name=span.name, pattern=span.pattern) for span in [*earlier, *chosen.spans]
            ]
        )
        names = tuple(span.name for span in earlier)
        files = _list_files(base, found, plan.format)
        return exec_properties | {
            INPUT_CONFIG_KEY: proto_utils.proto_to_json(found),
            CUSTOM_CONFIG_KEY: proto_utils.proto_to_json(replace(plan, missing=chosen.missing, replayed=names).pack()),
            utils.SPAN_PROPERTY_NAME: chosen.spans[-1].number,
            utils.VERSION_PROPERTY_NAME: chosen.spans[-1].version,
            utils.FINGERPRINT_PROPERTY_NAME: digest_files(base, list_parts(files, plan.format, plan.dialect)),
        }


class ExampleGen(FileBasedExampleGen):
    """TFX's file-based ExampleGen with the driver and the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver
