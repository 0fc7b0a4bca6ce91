import json

import pytest

from components.registry import model_registry
from components.registry.model_registry import (
    history,
    in_service,
)
from configs.errors import MillraceError


def test_nothing_is_in_service_before_the_first_version(home):
    assert in_service(home) is None
    assert history(home) == []


def test_the_history_is_the_manifests_line_by_line(three):
    lines = [json.loads(line) for line in three.history.read_text().splitlines()]
    assert lines == [version.manifest for version in model_registry.versions(three)] == history(three)


def test_names_that_are_no_numbers_are_no_versions(three):
    for name in ("9.tmp", "latest", "-9", ".10"):
        (three.serving / name).mkdir()
    assert in_service(three).number == 3


def test_a_spoilt_line_is_named(three):
    lines = three.history.read_text().splitlines()
    three.history.write_text("\n".join([lines[0], lines[1][:20], lines[2], ""]))
    with pytest.raises(MillraceError, match="history cannot be read") as refusal:
        in_service(three)
    assert refusal.value.where == f"{three.history}:2"
