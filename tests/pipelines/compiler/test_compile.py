"""The compiled files. Where one is meant to change: python -m tests.pipelines.compiler.golden"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from configs.errors import ConfigError
from configs.loading.packed_text import unpack
from configs.repository import ROOT
from pipelines.cli import app
from pipelines.compiler.compile import compile_pipeline
from tests.pipelines.compiler.golden import ENGINES, compiled, config, documents, executors, golden, normalise

TAXI = str(ROOT / "configs/taxi.yaml")


@pytest.mark.parametrize("name", ENGINES)
def test_the_file_is_as_it_was(name: str) -> None:
    assert normalise(compiled(name)) == golden(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ENGINES)
def test_the_same_config_gives_the_same_bytes(name: str) -> None:
    assert compiled(name) == compiled(name)


def test_text_is_text_to_every_reader_of_yaml() -> None:
    values = ["yes", "n", "1e3", "123456e78901", "0x10", "12:30", "null", "a: b", "~", "", "-"]
    given = {f"example.org/{index}": value for index, value in enumerate(values)}
    text = compile_pipeline(TAXI, [f"resources.Trainer.annotations={json.dumps(given)}"])
    assert executors(text)["exec-trainer"]["podMetadata"]["annotations"] == given
    for key, value in given.items():
        assert f"{key}: '{value}'\n" in text


@pytest.mark.parametrize(
    ("overrides", "where", "what", "remedy"),
    [
        (
            ["cluster.root=workspace"],
            "--set cluster.root=workspace",
            "'workspace' is relative to a folder that a container loses",
            "Write the folder that cluster.claim is mounted at, like /workspace, or a URL like gs://.",
        ),
        (
            ["resources.Trainer.volumes={/data: millrace}"],
            "--set resources.Trainer.volumes={/data: millrace}",
            "'millrace' is mounted at '/workspace' already",
            "Leave it out.",
        ),
    ],
)
def test_what_kubeflow_cannot_mount_is_named(overrides: list[str], where: str, what: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as refused:
        compile_pipeline(TAXI, overrides)
    assert (refused.value.where, refused.value.what, refused.value.remedy) == (where, what, remedy)


@pytest.mark.parametrize("name", ENGINES)
def test_the_command_line_takes_what_each_step_is_told(name: str) -> None:
    verbs = typer.main.get_command(app.app).commands
    for executor in documents(compiled(name))[0]["deploymentSpec"]["executors"].values():
        program, verb = executor["container"]["command"]
        arguments = executor["container"]["args"]
        assert program == "millrace"
        assert (
            verbs[verb].make_context(verb, arguments).params["path"] == f"tests/pipelines/compiler/golden/{name}.yaml"
        )


def test_no_value_of_a_variable_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "canary-5f1c")
    file = tmp_path / "compiled.yaml"
    for extra in ([], ["--set", "resources.Trainer.node_pool=none"], ["--set", "gate.accept=${PASSWORD}"]):
        done = CliRunner().invoke(app.app, ["compile", config("cpu"), "-o", str(file), *extra])
        assert "canary" not in f"{done.output}{done.exception}{file.read_text(encoding='utf-8')}"
    packed = documents(file.read_text(encoding="utf-8"))[0]["root"]["inputDefinitions"]["parameters"]["config"]
    text = unpack(packed["defaultValue"], "")
    assert "mysql://millrace:${PASSWORD}@db/millrace" in text
    assert "canary" not in text


@pytest.mark.parametrize(
    ("engine", "root", "why"),
    [
        ("kubeflow", "s3://bucket/x", "of 's3://bucket/x' each step has a copy"),
        ("vertex", "gs://bucket/x", "steps of Vertex have none"),
    ],
)
def test_workers_of_a_training_are_refused_where_no_folder_is_seen_by_all(engine: str, root: str, why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        compile_pipeline(TAXI, ["training.workers=2", f"cluster.root={root}"], engine)
    assert refused.value.where == "--set training.workers=2"
    assert refused.value.what == f"training.workers meet in a folder that all see, and {why}"


def test_workers_of_a_training_are_refused_an_accelerator() -> None:
    accelerator = "{type: nvidia-l4, count: 1}"
    with pytest.raises(ConfigError, match=r"leave the Trainer's accelerator idle"):
        compile_pipeline(TAXI, ["training.workers=2", f"resources.Trainer.accelerator={accelerator}"])


def test_the_command_writes_a_file_or_prints_it(tmp_path: Path) -> None:
    file = tmp_path / "compiled.yaml"
    told = CliRunner().invoke(app.app, ["compile", TAXI, "-o", str(file), "--output", "json"])
    assert told.output == f'{{"file": "{file}", "engine": "kubeflow"}}\n'
    printed = CliRunner().invoke(app.app, ["compile", TAXI, "-o", "-"])
    assert printed.output == file.read_text(encoding="utf-8") == compile_pipeline(TAXI)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(app.app, ["compile", TAXI, "-o", str(tmp_path)])
    assert isinstance(done.exception, ConfigError)
    what = "cannot be written: is a folder, and a file is needed here"
    assert (done.exception.where, done.exception.what) == (str(tmp_path), what)


@pytest.mark.slow
def test_compiling_takes_under_three_seconds() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "pipelines", "compile", TAXI, "-o", os.devnull], cwd=ROOT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
