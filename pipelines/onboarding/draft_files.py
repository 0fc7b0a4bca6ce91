"""What a draft is called, the files that it is drawn from, and where it is written."""

import glob
import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

from components.readers.data_file import strip_compression
from components.readers.files import find_paths, list_files, open_data
from components.readers.formats import FORMATS
from configs.errors import ConfigError, DataRejected
from configs.home import find_workspace
from configs.reference.json_schema import FILE, write_schema
from pipelines.runs.output_file import refuse_sources, write_output

TABLES = ("csv", "parquet", "jsonl", "json", "workbook", "tfrecord")
SUFFIXES = {suffix: name for name in TABLES for suffix in FORMATS[name].suffixes}


def find_files(data: str) -> tuple[list[str], str]:
    """Returns the files that `data` stands for, and their format, by their names; CSV where those do not tell."""
    base, pattern = open_data(data)
    suffixes = (Path(strip_compression(path)).suffix.lower() for path in find_paths(base, pattern))
    found = {suffix for suffix in suffixes if suffix in SUFFIXES}
    if len(found) > 1:
        raise DataRejected(f"there are {' and '.join(sorted(found))} files", data, "Name those of one kind by a glob.")
    formats = {SUFFIXES[suffix] for suffix in found}
    format = formats.pop() if formats else "csv"
    return list_files(base, pattern, format), format


def name_file(data: str) -> str:
    """Returns the name of the YAML for data, after its file, its folder, or the folder of its glob."""
    parts = [part for part in data.split("://")[-1].split("/") if part.strip(".") and not glob.has_magic(part)]
    name = Path(strip_compression(parts[-1])).stem if parts else Path.cwd().name
    return f"{name}.yaml"


def name_pipeline(file: Path) -> str:
    """Returns a pipeline's name, after that of a file."""
    name = re.sub(r"[^a-z0-9_-]+", "_", file.stem.lower()).strip("_-")
    return (name if name[:1].isalpha() else f"model_{name}".rstrip("_"))[:63]


def name_data(data: str, named: Path, file: Path | None) -> dict[str, Any]:
    """Returns what each template says of the pipeline, which is named after a file, and of the data."""
    shown, root = file or Path("FILE.yaml"), find_workspace((file or Path("FILE.yaml")).absolute().parent)
    told = {"schema": FILE if file else None, "file": shlex.quote(str(shown)), "source": data}
    return {**told, "name": name_pipeline(named), "root": place(str(root), file)}


def place(data: str, file: Path | None) -> str:
    """Returns the data's path as a config in `file` names it: relative, unless only the root is above both."""
    if "://" in data:
        return data
    folder, path = os.path.dirname(os.path.abspath(file or "FILE.yaml")), os.path.abspath(data)
    return path if os.path.commonpath([folder, path]) == "/" else os.path.relpath(path, folder)


def require_target(path: Path, force: bool, data: str | None = None) -> None:
    """Raises ConfigError where the config may not be written: over another, unless by force, and never over data."""
    refuse_sources(path, find_files(data)[0] if data and path.exists() else ())
    if path.exists() and not force:
        raise ConfigError("there is such a file already", str(path), "Name another, or overwrite it with --force.")


def write_draft(text: str, path: Path, force: bool = False) -> None:
    """Writes the config, and beside it the schema that its first line names, by which an editor knows the keys.

    Raises ConfigError where there is such a config already and it is not to be forced away.
    """
    require_target(path, force)
    write_output(path, text)
    write_output(path.with_name(FILE), f"{json.dumps(write_schema(), indent=2)}\n")
