"""The schema as a text file in the user's hands: what is in force, what the newest data would change, and the file."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import artifact_utils, standard_artifacts

from components.schemas.evolution import Change, by_name, compare, observe, widen
from components.schemas.free_columns import free
from components.schemas.tfdv_schema import Statistics, extend, infer, read_schema, read_statistics
from components.validation.column_patterns import resolve
from configs.loading.yaml_writer import insert
from configs.schema.config import Config
from pipelines.onboarding.run_outputs import locate_schema, locate_statistics
from pipelines.runs.output_file import refuse_sources, write_output


@dataclass(frozen=True)
class Accepted:
    """A widened schema, the changes in it, and the files that it would be written to."""

    schema: schema_pb2.Schema
    source: str
    run: str
    changes: Sequence[Change]
    file: Path
    config: Path
    config_text: str | None  # with the file's name in it; None where it names one already

    def write(self) -> None:
        """Writes the schema, then the config that names it."""
        write_output(self.file, as_text(self.schema))
        if self.config_text is not None:
            write_output(self.config, self.config_text)


def in_force(config: Config, run_id: str | None = None) -> tuple[schema_pb2.Schema, str]:
    """Returns the schema that the next run starts from, or the one that a run had, and where it comes from."""
    file, source = locate_schema(config, run_id)
    return read_schema(file), source


def find_statistics(config: Config, run_id: str | None = None) -> tuple[dict[str, Statistics], str]:
    """Returns the statistics by split of the newest run that came to make them, or of the run named, and its id."""
    folder, run_id = locate_statistics(config, run_id)
    artifact = standard_artifacts.ExampleStatistics()
    artifact.uri = str(folder)
    splits = sorted(path.name.removeprefix("Split-") for path in folder.glob("Split-*"))
    artifact.split_names = artifact_utils.encode_split_names(splits)
    return read_statistics(artifact), run_id


def diff(config: Config, run_id: str | None = None) -> tuple[list[Change], str, str]:
    """Returns how a run's data differs from the schema in force, the run's id, and where the schema comes from."""
    known, source = in_force(config)
    statistics, run_id = find_statistics(config, run_id)
    return compare(known, observe(statistics)), run_id, source


def accept(
    config: Config, path: Path, run_id: str | None = None, out: Path | None = None, retype: Sequence[str] = ()
) -> Accepted:
    """Returns the schema in force, widened by a run's data, and where it goes: `data.schema_file`, or beside the YAML.

    Raises ConfigError where a column's type differs and `retype` does not name it.
    """
    known, source = in_force(config)
    statistics, run_id = find_statistics(config, run_id)
    changes, schema = compare(known, observe(statistics)), accommodate(known, statistics, free(resolve(config)), retype)
    file = out or Path(config.data.schema_file or path.with_name(f"{path.stem}.schema.pbtxt"))
    refuse_sources(file, [path])
    text = None
    if not config.data.schema_file:
        name = os.path.relpath(file.absolute(), path.absolute().parent)
        text = insert(path.read_bytes().decode(), "data", "schema_file", name, str(path))
    return Accepted(schema, source, run_id, changes, file, path, text)


def accommodate(
    known: schema_pb2.Schema,
    statistics: Mapping[str, Statistics],
    any_value: Sequence[str] = (),
    retype: Sequence[str] = (),
) -> schema_pb2.Schema:
    """Returns the schema for the columns that the data has, widened by it.

    New columns and those in `retype` are as they look here; those of `any_value` have no domain.
    """
    kept = schema_pb2.Schema()
    kept.CopyFrom(known)
    kept.ClearField("feature")
    kept.feature.extend(feature for feature in known.feature if feature.name not in retype)
    inferred = infer(statistics, any_value)
    return extend(widen(kept, observe(statistics)), inferred, list(by_name(inferred)))


def as_text(schema: schema_pb2.Schema) -> str:
    """Returns the schema as text proto."""
    return text_format.MessageToString(schema, as_utf8=True)
