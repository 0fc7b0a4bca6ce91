"""The image as the container engine has it."""

import json
import subprocess

import pytest

from pipelines.graph import fingerprint
from tests.cluster.backends import IMAGE, Podman

pytestmark = pytest.mark.cluster


@pytest.fixture(autouse=True)
def _image() -> None:
    if not Podman.is_here():
        pytest.skip(f"no {IMAGE}: `make test-cluster` as root, with podman")


def ask(*command: str) -> str:
    """What a command answers in a container of the image."""
    start = ["podman", "run", "--rm", "--network=none", IMAGE, *command]
    return subprocess.run(start, env=Podman.env, capture_output=True, text=True, check=True).stdout


def test_it_holds_the_whole_lock_and_bytecode_that_python_takes() -> None:
    findings = {finding["name"]: finding for finding in json.loads(ask("millrace", "doctor", "--output", "json"))}
    assert all(findings[name]["ok"] for name in ("interpreter", "glibc", "stack", "lock", "bytecode"))
    assert "compiler" not in findings


def test_it_runs_as_a_user_who_can_change_nothing_but_the_workspace() -> None:
    assert ask("sh", "-c", "id -u; pwd; touch configs/x 2>/dev/null || echo refused").split() == [
        "1000",
        "/millrace",
        "refused",
    ]
    assert ask("sh", "-c", "touch workspace/x && ls workspace") == "x\n"


def test_it_brings_neither_compiler_nor_what_only_checks_the_code() -> None:
    tools = "cc c++ gcc uv pip pytest ruff mypy git"
    assert ask("sh", "-c", f"for tool in {tools}; do command -v $tool; done; true") == ""
    assert "tests" not in ask("ls", "/millrace").split()


def test_it_is_labelled_by_what_it_holds() -> None:
    told = ["podman", "image", "inspect", "--format", '{{index .Labels "millrace.digest"}}', IMAGE]
    assert (
        subprocess.run(told, env=Podman.env, capture_output=True, text=True, check=True).stdout.strip()
        == fingerprint.of_image()
    )
    assert (
        ask("python", "-c", "from pipelines.graph.fingerprint import of_image; print(of_image())").strip()
        == fingerprint.of_image()
    )
