"""What a model comes of beside its data: config, code and packages, each by a digest, which a run's record keeps."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from components.registry.tree_digest import file_digest
from configs.nodes import NODES
from configs.schema.config import Config
from pipelines.graph import fingerprint

DATA = ("data", "path")
ASIDE = (
    "card",
    "tracking",
    "schedule",
    "notify",
    "storage",
    "cluster",
    "beam",
    "image",
    "resources",
)  # sections that no model is another for


def describe_provenance(config: Config) -> dict[str, str]:
    """Returns the digest of each part; the code is ours, and the files of the user's own that the config names."""
    own = {key: file_digest(path).hex() for key, path in list_named(config).items() if path.is_file()}
    settings = config.model_dump_json(exclude={**dict.fromkeys(ASIDE, True), "gate": {"accept"}, "data": {"span"}})
    return {
        "config": _digest(settings),
        "code": _digest(json.dumps([fingerprint.of_repository(), own])),
        "packages": fingerprint.of_packages(),
    }


def list_differences(now: Mapping[str, str], then: Iterable[Mapping[str, str] | None]) -> list[str]:
    """Returns the parts that are not as the first of some records that has them."""
    known = next(filter(None, then), {})
    return [part for part, digest in now.items() if known.get(part, digest) != digest]


def list_named(config: Config) -> dict[str, Path]:
    """Returns the files that a config names for its nodes beside the data, by their keys."""
    keys = [key for spec in NODES.values() for key in spec.paths if key != DATA]
    found = {".".join(key): getattr(getattr(config, key[0]), key[1], None) for key in keys}
    return {key: Path(path) for key, path in found.items() if path}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
