"""From a YAML file, and what overrides it, to a Config."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from configs.copies import is_url
from configs.errors import ConfigError
from configs.home import find_workspace
from configs.loading.error_messages import explain, suggest
from configs.loading.yaml_document import DEEPEST, Document, cut, name_key, parse
from configs.schema.config import Config
from configs.schema.metadata_store import read_database
from configs.schema.tuning import replace

LARGEST = 1_000_000  # bytes of a config: to read so much takes a minute
LONGEST = 200  # characters of an override in a message
_NEWLINE = b"\n"
PATHS = (
    ("data", "path"),
    ("data", "schema_file"),
    ("evaluation", "golden"),
    ("storage", "root"),
    ("model", "module"),
    ("model", "encoders", "path"),
    ("cluster", "ca_file"),
    ("cluster", "access", "file"),
    ("cluster", "access", "client_secret", "file"),
    ("cluster", "access", "password", "file"),
    ("notify", "ca_file"),
)
BY_NAME = (("model", "encoders"),)  # sections whose keys are a user's own


def load(path: str | Path, overrides: Sequence[str] = (), text: str | None = None) -> Config:
    """Read a pipeline's YAML, apply overrides such as `training.epochs=3`, and validate the whole.

    `text` stands for the content of a file that need not be there.

    Relative paths become absolute: those of the YAML from its folder, those of an override from the current directory.
    Without a storage root it is the workspace that `find_workspace` finds. URLs stay. Every mistake ends in one
    ConfigError.
    """
    return validate(read_document(path, overrides, text), Path(path).absolute().parent, Path.cwd())


def read_document(
    path: str | Path, overrides: Sequence[str] = (), text: str | None = None, lenient: bool = False
) -> Document:
    """Read a pipeline's YAML and apply overrides; what the keys may say is not looked at yet.

    Where that is lenient, a variable that is not set becomes its name, and the document tells of it.
    """
    document = parse(text_of(Path(path)) if text is None else text, str(path), lenient)
    if not isinstance(document.data, dict):
        raise ConfigError("holds no keys", f"{path}:1", "Start from one of the files in configs/.")
    for override in overrides:
        _apply(document, override, lenient)
    return document


def validate(document: Document, folder: Path, current: Path) -> Config:
    """Make a Config of what was read; paths of the YAML start from `folder`, those of overrides from `current`."""
    storage = document.data.setdefault("storage", {})
    if isinstance(storage, dict) and "root" not in storage:
        storage["root"] = str(find_workspace(folder))
        document.places[("storage", "root")] = ("the default", 0)
    _anchor(document, folder, current)
    try:
        config = Config.model_validate(document.data)
    except ValidationError as error:
        raise explain(error, Config, document) from None
    _try_space(config, document)
    _check_metadata(config, document)
    return config


def text_of(path: Path) -> str:
    """Returns the text of a YAML; a ConfigError says why there is none."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        there = [file.name for file in path.parent.glob("*.yaml")]
        raise ConfigError("there is no such file", str(path), suggest(path.name, there)) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", str(path)) from None
    except ValueError as error:  # a NUL in its name
        raise ConfigError(f"cannot be read: {error}", ascii(str(path))) from None
    if len(content) > LARGEST:
        what = f"has more than {LARGEST:,} bytes, which no config needs"
        raise ConfigError(what, f"{path}:1", "Name columns that are alike by one pattern.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(_NEWLINE, 0, error.start) + 1
        raise ConfigError(f"byte {error.start} is not UTF-8", f"{path}:{line}", "Save the file as UTF-8.") from None


def _apply(document: Document, override: str, lenient: bool) -> None:
    name = f"--set {cut(override, LONGEST)}"
    dotted, equals, text = override.partition("=")
    keys = tuple(dotted.strip().split("."))
    if not equals or not all(keys) or len(keys) > DEEPEST:
        raise ConfigError("sets nothing", name, "Write KEY=VALUE, like training.epochs=3.")
    section = document.data
    for depth, key in enumerate(keys[:-1], start=1):
        if section.get(key) is None:
            section[key] = {}
            document.places[keys[:depth]] = (name, 0)
        section = section[key]
        if not isinstance(section, dict):
            raise ConfigError(f"'{name_key(keys[:depth])}' has no keys of its own", name, "Set it as a whole.")
    try:
        given = parse(text, name, lenient)
    except ConfigError as error:
        raise ConfigError(error.what, name, error.remedy) from None
    section[keys[-1]] = given.data
    document.places = {place: at for place, at in document.places.items() if place[: len(keys)] != keys}
    document.places[keys] = (name, 0)
    kept = {place: unset for place, unset in document.variables.items() if place[: len(keys)] != keys}
    document.variables = kept | {(*keys, *inner): unset for inner, unset in given.variables.items()}


def _try_space(config: Config, document: Document) -> None:
    """Raise ConfigError for a key that a search would set, and which is none or does not take a value of its space."""
    data = config.model_dump(mode="json", exclude={"tuning"})
    for key, space in config.tuning.space.items() if config.tuning else ():
        for value in space.ends:
            try:
                Config.model_validate(replace(data, {key: value}))
            except ValidationError as error:
                found = explain(error, Config, document)
                where = document.where(("tuning", "space", key))
                raise ConfigError(f"{json.dumps(value)} does not fit: {found.what}", where, found.remedy) from None


def _check_metadata(config: Config, document: Document) -> None:
    """Raise ConfigError for a metadata store that is none; one with a variable that is not set is not known yet."""
    keys = ("storage", "metadata")
    if config.storage.metadata is not None and not document.variables.get(keys):
        read_database(config.storage.metadata, document.where(keys))


def _anchor(document: Document, folder: Path, current: Path) -> None:
    for *sections, key in PATHS:
        found = document.data
        for section in sections:
            found = found.get(section) if isinstance(found, dict) else None
        if isinstance(found, dict) and tuple(sections) in BY_NAME:
            items: dict[Any, Any] = found
        else:
            items = dict(enumerate(found)) if isinstance(found, list) else {None: found}
        for index, values in items.items():
            if isinstance(values, dict) and isinstance(path := values.get(key), str) and path and not is_url(path):
                place = (*sections, key) if index is None else (*sections, index, key)
                start = folder if document.place(place)[1] else current
                values[key] = os.path.normpath(start / os.path.expanduser(path))
