"""The versions of a pipeline as they lie on the disk, and what the history says of them."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.registry.tree_digest import tree_digest
from configs.errors import ConfigError, MillraceError
from configs.home import Home

EXTRA = "assets.extra"
OF_ROWS = "rows"  # in what a version carries: a folder of what holds rows of the data, which stays with the run
MANIFEST = f"{EXTRA}/version.json"
CODE = f"{EXTRA}/model.py"
_REPAIR = "Restore the folder, or run `millrace rollback CONFIG` to publish an older version again."


@dataclass(frozen=True)
class Version:
    """One version: its folder, and the manifest that it carries."""

    number: int
    path: Path
    manifest: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The digest of all its files but the manifest."""
        return str(self.manifest["digest"])

    @property
    def model_digest(self) -> str:
        """The digest of the SavedModel alone, as the candidate had it."""
        return str(self.manifest["model_digest"])

    @property
    def extras(self) -> Path:
        """The folder of what the version carries beside its model."""
        return self.path / EXTRA

    @property
    def brings_code(self) -> bool:
        """Whether its model is one of its user's own, whose Python file it carries."""
        return (self.path / CODE).exists()


def in_service(home: Home) -> Version | None:
    """Return the version in service, its files verified; None only where nothing was ever published.

    Raises MillraceError when that version is damaged, or when the history knows it and its folder is gone.
    """
    recorded = _recorded(home)  # read before the folders: a version published in between is then no contradiction
    folders = list_folders(home)
    number = max([*recorded, *folders], default=None)
    if number is None:
        return None
    if number not in folders:
        what = f"version {number} is in service by the history, but its folder is gone."
        raise MillraceError(what, str(home.serving / str(number)), _REPAIR)
    return _verify_recorded(read_version(number, folders[number]), recorded)


def intact(home: Home) -> Version | None:
    """Return the version in service, or None where it is damaged, gone or cannot be read, too."""
    with suppress(MillraceError, OSError):
        return in_service(home)
    return None


def versions(home: Home) -> list[Version]:
    """Return the versions whose manifest can be read, oldest first; their files are not verified."""
    return list(_readable(list_folders(home)))


def history(home: Home) -> list[dict[str, Any]]:
    """Return the manifest of every version ever published, newest last, whether or not its folder is still there."""
    recorded = _recorded(home)
    missing = {number: path for number, path in list_folders(home).items() if number not in recorded}
    records = recorded | {version.number: dict(version.manifest) for version in _readable(missing)}
    return [records[number] for number in sorted(records)]


def earlier(home: Home, to: int | None = None) -> Version:
    """Return the version that a rollback publishes again, its files verified.

    Without `to`: the newest that is older than the one in service (than the one it repeats, after a rollback) and holds
    another model. Raises ConfigError when `to` is unknown or in service already, MillraceError when there is none or it
    is damaged.
    """
    current, known = intact(home), {version.number: version for version in versions(home)}
    listed = ", ".join(map(str, known)) or "none"
    if to is None:
        to = max(_predecessors(home, current, known), default=None)
    if to is None:
        remedy = f"Name one with --to (there are: {listed}), or put a candidate into service with `millrace promote`."
        raise MillraceError("there is no older version with another model.", str(home.serving), remedy)
    if to not in known:
        raise ConfigError(f"there is no version {to} to go back to.", str(home.serving), f"There are: {listed}.")
    if current and known[to].model_digest == current.model_digest:
        raise ConfigError(f"version {to} holds the model that is in service already.", str(home.serving))
    return _verify_recorded(known[to], _recorded(home))


def _predecessors(home: Home, current: Version | None, known: Mapping[int, Version]) -> list[int]:
    records = {record["number"]: record for record in history(home)}
    top = origin = max([*records, *list_folders(home)], default=0)
    while 0 < (records.get(origin, {}).get("of") or 0) < origin:
        origin = records[origin]["of"]
    if current:
        return [number for number in known if number < origin and known[number].model_digest != current.model_digest]
    return [number for number in known if number <= origin and number != top]  # a damaged repeat: its origin mends it


def list_folders(home: Home) -> dict[int, Path]:
    """Return the folders of the versions by number, in order, as a server reads the numbers from their names."""
    names = os.listdir(home.serving) if home.serving.exists() else []
    numbers = {int(name): name for name in names if re.fullmatch("[0-9]+", name)}
    return {number: home.serving / numbers[number] for number in sorted(numbers)}


def read_version(number: int, path: Path) -> Version:
    """Return a version with its manifest, its files not verified; raises MillraceError when that cannot be used."""
    if path.is_symlink() or path.name != str(number):
        raise _damage(path, "it is not a folder that was published here")
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        if manifest["number"] != number or not {"digest", "model_digest", "run", "metrics"} <= manifest.keys():
            raise ValueError("it is another version's")
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise _damage(path, f"its manifest {MANIFEST} cannot be used ({error})") from error
    return Version(number, path, manifest)


def verify(version: Version) -> Version:
    """Return a version whose files are those that were published; raises MillraceError for any other."""
    try:
        found = tree_digest(version.path, exclude=[MANIFEST])
    except (OSError, MillraceError) as error:
        raise _damage(version.path, str(error).rstrip(".")) from error
    if found != version.digest:
        raise _damage(version.path, "its files are not those that were published")
    return version


def _verify_recorded(version: Version, recorded: Mapping[int, Mapping[str, Any]]) -> Version:
    if version.number in recorded and as_line(recorded[version.number]) != as_line(version.manifest):
        raise _damage(version.path, "its manifest is not what the history says")
    return verify(version)


def as_line(manifest: Mapping[str, Any]) -> str:
    """Return a manifest as its line of the history."""
    return json.dumps(manifest, default=float) + "\n"


def _damage(path: Path, why: str) -> MillraceError:
    return MillraceError(f"version {path.name} is damaged: {why}.", str(path), _REPAIR)


def _readable(folders: Mapping[int, Path]) -> Iterator[Version]:
    for number, path in folders.items():
        with suppress(MillraceError):
            yield read_version(number, path)


def _recorded(home: Home) -> dict[int, dict[str, Any]]:
    """Read the history as it was written, without a last line that was cut short."""
    text = home.history.read_text(errors="replace") if home.history.exists() else ""
    records = {}
    for row, line in enumerate(lines := text.splitlines(), start=1):
        try:
            record = json.loads(line)
            records[int(record["number"])] = record
        except (ValueError, TypeError, LookupError) as error:
            if row < len(lines) or text.endswith("\n"):
                remedy = "Delete this line: it is written again from the version's own manifest."
                raise MillraceError("the history cannot be read.", f"{home.history}:{row}", remedy) from error
    return records
