import json
import os
import re
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from configs.loading.loader import read_document
from configs.reference.json_schema import FILE, describe_keys, write_schema
from configs.repository import ROOT

SHIPPED = sorted((ROOT / "configs").rglob("*.yaml"))
SCHEMA = write_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
NAMED_BY_A_USER = {("features",), ("model", "options"), ("tuning", "space"), ("training", "class_weights")}


def leaves(node, keys=()):
    """The keys of each scalar in plain data."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, dict | list):
            yield from leaves(value, (*keys, key))
        else:
            yield (*keys, key)


def sections(node, keys=()):
    """The keys of each mapping in plain data, but for those whose keys are a user's own."""
    if keys not in NAMED_BY_A_USER and "choices" not in keys:
        yield keys
    for key, value in node.items():
        if isinstance(value, dict):
            yield from sections(value, (*keys, key))


def put(data, keys, value):
    """A copy of plain data with another value at some keys."""
    changed = deepcopy(data)
    *outer, last = keys
    section = changed
    for key in outer:
        section = section[key]
    section[last] = value
    return changed


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def test_the_file_in_configs_is_current() -> None:
    assert (ROOT / "configs" / FILE).read_text(encoding="utf-8") == f"{json.dumps(SCHEMA, indent=2)}\n", (
        "make reference"
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_yaml_is_valid_and_names_the_schema(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(read_document(path).data)) == []
    named = re.search(r"^# yaml-language-server: \$schema=(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert os.path.normpath(path.parent / named[1]) == str(ROOT / "configs" / FILE)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_variable_may_stand_for_any_scalar(path: Path) -> None:
    data = read_document(path).data
    refused = [keys for keys in leaves(data) if not VALIDATOR.is_valid(put(data, keys, "${ANY}"))]
    assert refused == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_an_unknown_key_is_refused_in_every_section(path: Path) -> None:
    data = read_document(path).data
    taken = [keys for keys in sections(data) if VALIDATOR.is_valid(put(data, (*keys, "sheep"), 1))]
    assert taken == []


@pytest.mark.parametrize(
    ("keys", "value", "valid"),
    [
        (("features", "a"), {"kind": "image", "height": 2, "width": 2, "columns": "pixel_*"}, True),
        (("features", "a"), {"kind": "image", "height": 2, "width": 2, "columns": ["p0", "p1"]}, True),
        (("features", "a"), {"kind": "image", "height": 2, "width": 2, "columns": 3}, False),
        (("features", "a"), {"kind": "numeric", "vocabulary": 3}, False),
        (("features", "a"), {"kind": "sheep"}, False),
        (("features", "a"), {"height": 2}, False),
        (("resources",), {"Trainer": {"cpu": 2, "memory": "8Gi"}}, True),
        (("resources",), {"Shepherd": {"cpu": 2}}, False),
        (("training", "batch_size"), "auto", True),
        (("training", "batch_size"), "manual", False),
        (("training", "epochs"), 0, False),
        (("training", "epochs"), "3", False),
        (("training", "early_stopping"), None, True),
        (("model", "hidden_units"), [], False),
        (("cluster",), {"access": {"kind": "iap", "client_id": "a"}}, True),
        (("cluster",), {"access": {"kind": "iap", "env": "TOKEN"}}, False),
        (("beam",), {"args": {"workers": 2, "verbose": True, "packages": ["a"]}}, True),
    ],
)
def test_values_are_held_to_the_types_of_their_keys(keys, value, valid) -> None:
    data = read_document(ROOT / "configs" / "taxi.yaml").data
    assert VALIDATOR.is_valid(put(data, keys, value)) is valid


def test_every_key_has_a_description() -> None:
    schema = describe_keys()
    described = [
        (name, key, value.get("description", ""))
        for name, section in (("Config", schema), *schema["$defs"].items())
        for key, value in section["properties"].items()
    ]
    assert len(described) > 150
    assert [(name, key) for name, key, text in described if not re.fullmatch(r"\S.*[.;)]", text)] == []
