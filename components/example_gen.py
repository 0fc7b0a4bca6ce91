"""The ExampleGen node: checked data files become splits of tf.Examples."""

import json
import os
import re
import shutil
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

import apache_beam as beam
from google.protobuf import any_pb2, struct_pb2
from pydantic import TypeAdapter
from tfx import types
from tfx.components.example_gen import driver, utils
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.components.util import examples_utils
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.orchestration import data_types
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.types.standard_component_specs import CUSTOM_CONFIG_KEY, INPUT_BASE_KEY, INPUT_CONFIG_KEY
from tfx.utils import proto_utils

from components.base import Made
from components.examples.division import Assign, Plan, cut_files, divide, gather_surveys, replay, settle, survey
from components.examples.shards import staged
from components.examples.split_writer import WriteShards
from components.examples.windows import Frame
from components.readers import spans
from components.readers.files import digest_files, list_files, list_parts
from components.readers.portions import Portion, digest_portion
from components.readers.ranges import Range
from components.readers.sources import bring, find_query, find_source
from components.readers.spans import ALL, Choice
from components.summaries import Outputs, Summary
from components.validation import validate
from components.validation.typed_batch import (
    assign_roles,
)
from configs.copies import locate_data, name_copied
from configs.progress import PROGRESS
from configs.schema.config import Config

ENGINE = re.compile("--runner=(?!.*FnApiRunner)")  # a flag for Beam that names another machine
Unit = tuple[list[Range], Assign]  # what of files becomes one shard a split, and what assigns their rows


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
        custom_config=pack_plan(plan),
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
        plan = unpack_plan(exec_properties["custom_config"])
        base, counts = locate_data(exec_properties["input_base"]), dict[str, int]()
        spans_files = {split.name: list_files(base, split.pattern, plan.format) for split in found.splits}
        earlier = [path for span in plan.replayed for path in spans_files[span]]
        files = [path for span, paths in spans_files.items() if span not in plan.replayed for path in paths]
        divided = self._divide_on_engine(examples, files, plan, parts, counts)
        assign, rows, unlabelled = divided or divide(files, plan, parts, counts)
        units = (
            [(list(map(Range, files)), assign)] if plan.frame else [(each, assign) for each in cut_files(files, plan)]
        )
        if plan.replay and earlier:
            again, replayed = replay(earlier, plan, assign, rows["train"], counts)
            units += [(each, again) for each in cut_files(earlier, plan)]
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
        units, folder = list(cut_files(files, plan)), os.path.join(examples.uri, "survey")
        if len(units) < 2:
            return None
        os.makedirs(folder)
        with self._make_beam_pipeline() as pipeline:
            told = (plan, list(parts.values()), files[0], folder)
            _ = pipeline | beam.Create(list(enumerate(units))) | beam.Reshuffle() | beam.Map(survey, *told)
        found = gather_surveys(folder, len(units))
        shutil.rmtree(folder)
        if found is None:
            return None
        for each in found:
            for path, rows in each.counts.items():
                counts[path] = counts.get(path, 0) + rows
        validate.require_labels(plan.roles, set().union(*(each.labels for each in found)), sum(counts.values()), files)
        assign, sizes = settle([keys for each in found for keys in each.keys], plan, parts, files)
        return assign, sizes, sum(each.unlabelled for each in found)

    def _write_splits(self, examples: types.Artifact, plan: Plan, units: Sequence[Unit]) -> None:
        splits = artifact_utils.decode_split_names(examples.split_names)
        folders = [artifact_utils.get_split_uri([examples], split) for split in splits]
        names = [f"data_tfrecord-{number:05d}-of-{len(units):05d}.gz" for number in range(len(units))]
        shards = [(ranges, name, assign) for (ranges, assign), name in zip(units, names, strict=True)]
        with staged(examples.uri, splits) as staging, self._make_beam_pipeline() as pipeline:
            write = beam.ParDo(WriteShards(plan, folders, staging))
            _ = pipeline | beam.Create(shards) | beam.Reshuffle() | write


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
        base, plan = locate_data(exec_properties[INPUT_BASE_KEY]), unpack_plan(exec_properties[CUSTOM_CONFIG_KEY])
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
            CUSTOM_CONFIG_KEY: proto_utils.proto_to_json(
                pack_plan(replace(plan, missing=chosen.missing, replayed=names))
            ),
            utils.SPAN_PROPERTY_NAME: chosen.spans[-1].number,
            utils.VERSION_PROPERTY_NAME: chosen.spans[-1].version,
            utils.FINGERPRINT_PROPERTY_NAME: digest_files(base, list_parts(files, plan.format, plan.dialect)),
        }


class ExampleGen(FileBasedExampleGen):
    """TFX's file-based ExampleGen with the driver and the executor of this module."""

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver


def pack_plan(plan: Plan) -> example_gen_pb2.CustomConfig:
    """Return the plan as TFX hands it on."""
    settings, custom = struct_pb2.Struct(), any_pb2.Any()
    settings.update({"plan": TypeAdapter(Plan).dump_json(plan).decode()})
    custom.Pack(settings)
    return example_gen_pb2.CustomConfig(custom_config=custom)


def unpack_plan(text: str) -> Plan:
    """Return the plan that TFX has handed on."""
    settings = struct_pb2.Struct()
    _parse(text, example_gen_pb2.CustomConfig()).custom_config.Unpack(settings)
    return TypeAdapter(Plan).validate_json(settings["plan"])


def _list_files(base: str, found: example_gen_pb2.Input, format: str) -> list[str]:
    return [path for split in found.splits for path in list_files(base, split.pattern, format)]


def _parse(text: str, message: Any) -> Any:
    proto_utils.json_to_proto(text, message)
    return message
