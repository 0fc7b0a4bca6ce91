"""The compiled files. Where one is meant to change: python -m tests.pipelines.golden"""

import json
import os
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from google.protobuf import json_format
from typer.testing import CliRunner

from configs.errors import ConfigError
from configs.repository import ROOT
from pipelines.cli import app
from pipelines.compiler.compile import compile_pipeline
from pipelines.compiler.container_plan import plan_containers
from pipelines.compiler.pipeline_spec import task
from pipelines.graph.nodes import choose_nodes
from tests.pipelines.golden import ENGINES, compiled, config, golden, normalise

TAXI = str(ROOT / "configs/taxi.yaml")


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def tasks(text: str) -> dict[str, Any]:
    """The tasks of the nodes, by name."""
    return documents(text)[0]["components"]["comp-exit-handler-1"]["dag"]["tasks"]


def executors(text: str) -> dict[str, Any]:
    """What the steps need of Kubernetes, by name."""
    return documents(text)[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


@pytest.mark.parametrize("name", ENGINES)
def test_the_file_is_as_it_was(name: str) -> None:
    assert normalise(compiled(name)) == golden(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ENGINES)
def test_the_same_config_gives_the_same_bytes(name: str) -> None:
    assert compiled(name) == compiled(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_kfp_reads_the_pipeline(name: str) -> None:
    from kfp.components import load_component_from_text
    from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec

    pipeline, *_ = compiled(name).split("---\n")
    component = load_component_from_text(pipeline)
    assert sorted(component.component_spec.inputs) == ["cache", "config", "set"]
    spec = json_format.ParseDict(yaml.safe_load(pipeline), PipelineSpec())
    assert spec.sdk_version == f"kfp-{version('kfp')}"


@pytest.mark.skipif(version("kfp-kubernetes").startswith("1."), reason="kfp-kubernetes 1 knows no tolerations")
@pytest.mark.parametrize("name", [name for name, engine in ENGINES.items() if engine == "kubeflow"])
def test_kfp_reads_what_is_needed_of_kubernetes(name: str) -> None:
    from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig

    for executor in executors(compiled(name)).values():
        read = json_format.ParseDict(executor, KubernetesExecutorConfig())
        assert read.security_context.run_as_non_root


@pytest.mark.parametrize("name", ENGINES)
def test_the_tasks_are_those_of_the_graph(name: str) -> None:
    made, nodes = tasks(compiled(name)), choose_nodes(plan_containers(config(name)).config)
    assert list(made) == [task(node.id) for node in nodes]
    for node in nodes:
        assert made[task(node.id)].get("dependentTasks", []) == [task(id) for id in node.after]


def test_the_end_comes_after_all_whatever_happened() -> None:
    root = documents(compiled("gpu"))[0]["root"]["dag"]["tasks"]
    assert root["finish"]["dependentTasks"] == ["exit-handler-1"]
    assert root["finish"]["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert "triggerPolicy" not in root["exit-handler-1"]


def test_the_config_travels_as_it_is_written() -> None:
    spec = documents(compile_pipeline(TAXI, ["training.epochs=1", "gate.accept='y'"]))[0]
    defaults = {name: each["defaultValue"] for name, each in spec["root"]["inputDefinitions"]["parameters"].items()}
    assert defaults == {
        "config": Path(TAXI).read_text(encoding="utf-8"),
        "set": ["training.epochs=1", "gate.accept='y'"],
        "cache": True,
    }


@pytest.mark.parametrize(
    ("cpu", "memory", "limits"),
    [
        ("2", "8Gi", {"cpuLimit": 2.0, "memoryLimit": 8.589934592}),
        ("250m", "512Mi", {"cpuLimit": 0.25, "memoryLimit": 0.536870912}),
        ("0.5", "1.5G", {"cpuLimit": 0.5, "memoryLimit": 1.5}),
    ],
)
def test_cpus_are_a_number_and_memory_is_in_gigabytes(cpu: str, memory: str, limits: dict[str, float]) -> None:
    spec = documents(compile_pipeline(TAXI, [f"resources.Trainer={{cpu: {cpu}, memory: {memory}}}"]))[0]
    assert spec["deploymentSpec"]["executors"]["exec-trainer"]["container"]["resources"] == limits


def test_a_step_that_is_not_tried_again_says_nothing_of_it() -> None:
    made = tasks(compile_pipeline(TAXI, ["resources.Pusher.retries=0"]))
    assert "retryPolicy" not in made["pusher"]
    assert made["trainer"]["retryPolicy"] == {
        "maxRetryCount": 2,
        "backoffDuration": "30s",
        "backoffFactor": 2.0,
        "backoffMaxDuration": "900s",
    }


def test_text_is_text_to_every_reader_of_yaml() -> None:
    values = ["yes", "n", "1e3", "123456e78901", "0x10", "12:30", "null", "a: b", "~", "", "-"]
    given = {f"example.org/{index}": value for index, value in enumerate(values)}
    text = compile_pipeline(TAXI, [f"resources.Trainer.annotations={json.dumps(given)}"])
    assert executors(text)["exec-trainer"]["podMetadata"]["annotations"] == given
    for key, value in given.items():
        assert f"{key}: '{value}'\n" in text


def test_a_volume_is_mounted_for_a_folder_alone() -> None:
    def mounts(root: str) -> Any:
        return executors(compile_pipeline(TAXI, [f"cluster.root={root}"]))["exec-trainer"].get("pvcMount")

    assert mounts("/srv/models") == [{"constant": "millrace", "mountPath": "/srv/models"}]
    assert mounts("s3://bucket/models") is None


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
        arguments = ["true" if "'cache'" in argument else argument for argument in executor["container"]["args"]]
        assert program == "millrace"
        assert verbs[verb].make_context(verb, arguments).params["path"] == f"tests/pipelines/golden/{name}.yaml"


def test_no_value_of_a_variable_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "canary-5f1c")
    file = tmp_path / "compiled.yaml"
    for extra in ([], ["--set", "resources.Trainer.node_pool=none"], ["--set", "gate.accept=${PASSWORD}"]):
        done = CliRunner().invoke(app.app, ["compile", config("cpu"), "-o", str(file), *extra])
        assert "canary" not in f"{done.output}{done.exception}{file.read_text(encoding='utf-8')}"
    assert "mysql://millrace:${PASSWORD}@db/millrace" in file.read_text(encoding="utf-8")


def test_the_command_writes_a_file_or_prints_it(tmp_path: Path) -> None:
    file = tmp_path / "compiled.yaml"
    told = CliRunner().invoke(app.app, ["compile", TAXI, "-o", str(file), "--output", "json"])
    assert told.output == f'{{"file": "{file}", "engine": "kubeflow"}}\n'
    printed = CliRunner().invoke(app.app, ["compile", TAXI, "-o", "-"])
    assert printed.output == file.read_text(encoding="utf-8") == compile_pipeline(TAXI)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(app.app, ["compile", TAXI, "-o", str(tmp_path)])
    assert isinstance(done.exception, ConfigError)
    assert (done.exception.where, done.exception.what) == (str(tmp_path), "cannot be written: Is a directory")


@pytest.mark.slow
def test_compiling_takes_under_three_seconds() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "pipelines", "compile", TAXI, "-o", os.devnull], cwd=ROOT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
