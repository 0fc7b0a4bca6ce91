"""The registry for models that are mere texts: they come through the door by their digests, and are not asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.registry import model_registry
from components.registry.model_registry import Candidate, Published, Record
from components.registry.tree_digest import tree_digest
from components.registry.versions import EXTRA, Version, intact
from configs.home import Home


def admit(folder: Path, digest: str) -> None:
    assert tree_digest(folder, exclude=[EXTRA]) == digest


def publish(home: Home, model: Path, extras: Mapping[str, Path], record: Record) -> Published:
    """Publishes what was judged against the version in service."""
    current = intact(home)
    against = current and current.model_digest
    return model_registry.publish(home, Candidate(model, extras), record, against, admit)


def promote(home: Home, model: Path, extras: Mapping[str, Path], record: Record) -> Published:
    return model_registry.promote(home, Candidate(model, extras), record, admit)


def rollback(home: Home, *arguments: Any, **named: Any) -> Version:
    return model_registry.rollback(home, *arguments, **named, admit=admit)
