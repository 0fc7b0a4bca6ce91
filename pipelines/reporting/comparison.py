"""What changed since the version that a run was held against: config, rows, code and packages."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from components.registry.versions import versions
from configs.errors import MillraceError
from configs.schema.config import Config
from pipelines.runs.run import Run

CONFIG = "config.json"  # what a version carries of its config
SAME_CODE = {"code": "Code", "packages": "Packages"}  # of what a record says it was made of


@dataclass(frozen=True)
class Change:
    """A key, and what it was and is; None where it was, or is, not there."""

    key: str
    before: Any
    now: Any


@dataclass(frozen=True)
class Comparison:
    """A version, and how a run differs from it; of `made_of` and `rows` nothing where the run that made it is gone."""

    version: int
    at: str
    run: str
    config: list[Change]
    rows: list[Change]
    made_of: Mapping[str, bool]  # whether it is the same


def compare(record: Mapping[str, Any], run: Run, config: Config) -> Comparison | None:
    """Returns how a run differs from the version that it was judged against, else from that in service.

    None where there is no other version, or it cannot be read here.
    """
    details = {node["node"]: node["details"] for node in record["nodes"]}
    in_service = record["in_service"] if record["in_service"] != record["published"] else None
    number = details.get("Resolver", {}).get("version") or in_service
    version = next((found for found in versions(run.home) if found.number == number), None)
    if version is None:
        return None
    with suppress(OSError, ValueError, LookupError, TypeError, MillraceError):
        carried = json.loads((version.extras / CONFIG).read_text())
        maker = _read(run, version.manifest["run"])
        made = {node["node"]: node["details"] for node in maker.get("nodes", [])}
        return Comparison(
            version.number,
            version.manifest["at"],
            version.manifest["run"],
            diff(carried, json.loads(config.model_dump_json(include=set(carried)))),
            _diff_rows(made.get("ExampleGen", {}).get("rows", {}), details.get("ExampleGen", {}).get("rows", {})),
            {
                text: maker["made_of"][key] == record["made_of"][key]
                for key, text in SAME_CODE.items()
                if key in maker.get("made_of", {}) and key in record.get("made_of", {})
            },
        )
    return None


def diff(before: Any, now: Any, key: str = "") -> list[Change]:
    """Returns the keys, dotted, whose values differ between two configs; a list is one value."""
    if before == now:
        return []
    if not (isinstance(before, Mapping) and isinstance(now, Mapping)):
        return [Change(key, before, now)]
    return [
        change
        for name in dict.fromkeys([*before, *now])
        for change in diff(before.get(name), now.get(name), f"{key}.{name}" if key else name)
    ]


def _diff_rows(before: Mapping[str, int], now: Mapping[str, int]) -> list[Change]:
    return [Change(split, before[split], count) for split, count in now.items() if split in before]


def _read(run: Run, maker: str) -> dict[str, Any]:
    with suppress(OSError, ValueError, MillraceError):
        return dict(json.loads(Run(run.home, maker).record.read_text()))
    return {}  # its folder was removed
