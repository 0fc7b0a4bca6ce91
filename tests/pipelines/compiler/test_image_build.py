"""The images of a config: which ones, under which names, by which engine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from configs.errors import ConfigError, MillraceError
from configs.repository import ROOT
from pipelines.compiler import image_build
from pipelines.compiler.own_files import OwnFiles
from pipelines.graph import fingerprint
from tests.configs.conftest import MINIMAL

GPU = "resources={Trainer: {node_pool: gpu-l4}}"


def install(folder: Path, engine: str, code: int) -> None:
    """Puts an engine there that only answers with an exit code."""
    program = folder / engine
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)


def ask(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pipelines", "image", "configs/taxi.yaml", "--dry-run", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "COLUMNS": "500"})


def test_takes_the_first_engine_that_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    install(tmp_path, "docker", 1)
    with pytest.raises(MillraceError, match="neither docker, podman nor buildah"):
        image_build.find_engine()
    install(tmp_path, "buildah", 0)
    assert image_build.find_engine() == "buildah"
    install(tmp_path, "podman", 0)
    assert image_build.find_engine() == "podman"


def test_an_engine_that_fails_or_is_not_here_is_named(tmp_path: Path) -> None:
    install(tmp_path, "podman", 7)
    with pytest.raises(MillraceError, match=f"{tmp_path}/podman push x: It ended with exit code 7"):
        image_build.run_command([str(tmp_path / "podman"), "push", "x"])
    with pytest.raises(MillraceError, match="absent cannot be run: No such file"):
        image_build.run_command(["absent", "push", "x"])


def test_an_image_is_built_of_its_lock_and_knows_its_digest() -> None:
    command = image_build.build_command(
        "podman", "gpu", "millrace:gpu", "registry.example/debian:13", ["--network=host"]
    )
    assert command[:4] == ["podman", "build", "--file", str(ROOT / "deploy" / "Dockerfile")]
    given = [command[place + 1] for place, word in enumerate(command) if word == "--build-arg"]
    assert given == ["LOCK=gpu.txt", f"DIGEST={fingerprint.of_image()}", "BASE=registry.example/debian:13"]
    assert command[-2:] == ["--network=host", str(ROOT)]


ENGINE = """#!/bin/sh
if [ "$1 $2" = "image inspect" ]; then echo '["other/m@sha256:0", "reg.example:5000/m@sha256:1"]'; fi
if [ "$2" = --digestfile ]; then echo sha256:2 > "$3"; fi
"""


@pytest.mark.parametrize(
    ("engine", "digest"), [("docker", "sha256:1"), ("podman", "sha256:2"), ("buildah", "sha256:2")]
)
def test_what_is_pushed_is_named_by_the_digest_that_the_registry_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, digest: str
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / engine).write_text(ENGINE)
    (tmp_path / engine).chmod(0o755)
    name = "reg.example:5000/m:cpu-1"
    assert image_build.push(engine, name) == f"{name}@{digest}"


def test_each_step_gets_the_image_that_its_machine_asks_for() -> None:
    answer = ask("--engine", "podman", "--set", GPU, "--tag", "reg.example/m/{flavour}:{digest}", "--push")
    assert answer.returncode == 0, answer.stderr
    names = [f"reg.example/m/{flavour}:{fingerprint.of_image()}" for flavour in ("cpu", "gpu")]
    lines = answer.stdout.splitlines()
    assert [line.split("--tag ")[1].split()[0] for line in lines[:2]] == names
    assert lines[2:] == [f"$ podman push {name}" for name in names]


def test_an_image_that_an_engine_is_to_start_brings_its_program_and_has_a_name_of_its_own() -> None:
    engine = "{runner: dataflow, args: {project: p, region: r, temp_location: 'gs://b/t', sdk_container_image: m}}"
    for place in ("beam", "beam.nodes.Evaluator"):
        [line] = ask("--engine", "podman", "--set", f"{place}={engine}").stdout.splitlines()
        assert f" --tag millrace:cpu-beam-{fingerprint.of_image()} " in line
        assert " --build-arg BOOT=beam " in line


def test_a_flavour_can_be_asked_for_and_one_without_a_lock_is_refused() -> None:
    answer = ask("--engine", "podman", "--flavour", "gpu", "--", "--no-cache")
    assert [line.split(" --tag ")[1].split()[0] for line in answer.stdout.splitlines()] == [
        f"millrace:gpu-{fingerprint.of_image()}"
    ]
    assert "--no-cache" in answer.stdout
    with pytest.raises(ConfigError, match="there is no lock for tpu"):
        image_build.build_command("podman", "tpu", "millrace:tpu")


def test_a_machine_without_an_engine_is_told_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines", "image", "configs/taxi.yaml"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={"PATH": str(tmp_path)})
    assert answer.returncode == 1
    assert "No container engine answers here" in answer.stderr
    assert "apt-get install podman" in answer.stderr


def test_files_of_a_config_elsewhere_are_a_layer_on_top(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(MINIMAL)
    (tmp_path / "rows.csv").write_text("a\n")
    command = [sys.executable, "-m", "pipelines", "image", str(tmp_path / "file.yaml"), "--dry-run", "--push"]
    answer = subprocess.run([*command, "--engine", "podman"], cwd=ROOT, capture_output=True, text=True)
    own = OwnFiles({"own/rows.csv": tmp_path / "rows.csv"}).digest
    code, name = f"millrace:cpu-{fingerprint.of_image()}", f"millrace:cpu-{fingerprint.of_image(own)}"
    build, layer, push = answer.stdout.splitlines()
    assert f" --tag {code} " in build
    assert f"deploy/own.Dockerfile --tag {name} --build-arg IMAGE={code} --build-arg OWN={own} " in layer
    assert push == f"$ podman push {name}"
