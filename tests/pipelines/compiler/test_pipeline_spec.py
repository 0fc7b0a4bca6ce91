"""The first document of a compiled file: the pipeline as Kubeflow's specification has it."""

from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format

from configs.errors import ConfigError
from configs.loading.packed_text import pack
from configs.repository import ROOT
from pipelines.compiler.compile import compile_pipeline
from pipelines.compiler.container_plan import plan_containers
from pipelines.compiler.pipeline_spec import task
from tests.pipelines.compiler.golden import ENGINES, compiled, config, documents, tasks

TAXI = str(ROOT / "configs/taxi.yaml")


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


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_the_tasks_are_the_steps_of_the_plan(name: str) -> None:
    made, steps = tasks(compiled(name)), plan_containers(config(name)).nodes
    assert list(made) == [task(step.id) for step in steps]
    for step in steps:
        assert made[task(step.id)].get("dependentTasks", []) == [task(id) for id in step.after]


def test_the_end_comes_after_all_whatever_happened() -> None:
    root = documents(compiled("gpu"))[0]["root"]["dag"]["tasks"]
    assert root["finish"]["dependentTasks"] == ["exit-handler-1"]
    assert root["finish"]["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert "triggerPolicy" not in root["exit-handler-1"]


def test_the_config_travels_packed_and_an_override_where_it_would_be_changed() -> None:
    changed = "data.missing=['$', '$$', '{{x}}']"
    spec = documents(compile_pipeline(TAXI, ["training.epochs=1", changed]))[0]
    defaults = {name: each["defaultValue"] for name, each in spec["root"]["inputDefinitions"]["parameters"].items()}
    assert defaults == {
        "config": pack(Path(TAXI).read_text(encoding="utf-8")),
        "set": ["training.epochs=1", pack(changed)],
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
    made = tasks(compile_pipeline(TAXI, ["resources.Pusher.retries=0", "cluster.steps=each"]))
    assert "retryPolicy" not in made["pusher"]
    assert made["trainer"]["retryPolicy"] == {
        "maxRetryCount": 2,
        "backoffDuration": "30s",
        "backoffFactor": 2.0,
        "backoffMaxDuration": "604890s",
    }


def test_no_try_comes_to_the_end_of_the_time_for_all() -> None:
    made = tasks(compile_pipeline(TAXI, ["resources.Trainer={timeout: 500000, retries: 4, backoff: {seconds: 60}}"]))
    policy = made["trainer"]["retryPolicy"]
    assert int(policy["backoffMaxDuration"][:-1]) > 5 * 500_000 + 60 * (1 + 2 + 4 + 8)


@pytest.mark.parametrize(
    ("resources", "limits"),
    [
        (
            "{cpu: 4, memory: 8G, requests: {cpu: 500m, memory: 2G}}",
            {"cpuLimit": 4.0, "memoryLimit": 8.0, "cpuRequest": 0.5, "memoryRequest": 2.0},
        ),
        ("{requests: {cpu: 1}}", {"cpuRequest": 1.0}),
        (
            "{ephemeral_storage: 20Gi}",
            {"accelerator": {"resourceType": "ephemeral-storage", "resourceCount": "20Gi"}},
        ),
    ],
)
def test_what_is_asked_for_may_be_less_than_what_may_be_used(resources: str, limits: dict[str, object]) -> None:
    spec = documents(compile_pipeline(TAXI, [f"resources.finish={resources}"]))[0]
    assert spec["deploymentSpec"]["executors"]["exec-finish"]["container"]["resources"] == limits


def test_kubeflow_s_pages_are_shown_the_model_and_how_it_was_judged() -> None:
    components = documents(compiled("gpu"))[0]["components"]
    shown = {
        name: {key: kind["artifactType"]["schemaTitle"] for key, kind in each["outputDefinitions"]["artifacts"].items()}
        for name, each in components.items()
        if "outputDefinitions" in each
    }
    assert shown == {
        "comp-trainer": {"model": "system.Model"},
        "comp-resolver-to-pusher": {"classification": "system.ClassificationMetrics"},
        "comp-finish": {"summary": "system.HTML", "metrics": "system.Metrics"},
    }
    number = ["label.kind=regression", "evaluation.thresholds={rmse: {max: 1}}", "evaluation.slices=[[]]"]
    [fused] = [name for name in documents(compile_pipeline(TAXI))[0]["components"] if "example-gen" in name]
    assert outputs(compile_pipeline(TAXI), fused) == {"model", "classification"}
    assert outputs(compile_pipeline(TAXI, number), fused) == {"model"}
    assert outputs(compile_pipeline(TAXI, [*number, "cluster.steps=each"]), "comp-evaluator") == set()


def outputs(text: str, component: str) -> set[str]:
    """The names of the artifacts that a component declares."""
    return set(documents(text)[0]["components"][component].get("outputDefinitions", {}).get("artifacts", {}))


SCHEDULE = "schedule={cron: 0 3 * * *}"


def test_a_run_of_a_schedule_decides_first_and_its_nodes_wait_for_that() -> None:
    spec = documents(compile_pipeline(TAXI, [SCHEDULE], scheduled=True))[0]
    within = spec["components"]["comp-exit-handler-1"]["dag"]["tasks"]
    first, *nodes = within.values()
    assert ([*within][0], first["inputs"]["parameters"].keys()) == ("decide", {"config", "set", "asked", "run_id"})
    for node in nodes:
        assert node["triggerPolicy"] == {"condition": "inputs.parameter_values['due'] == true"}
        assert "decide" in node["dependentTasks"]
        told = {"producerTask": "decide", "outputParameterKey": "due"}
        assert node["inputs"]["parameters"]["due"] == {"taskOutputParameter": told}
    declared = spec["components"]["comp-decide"]["outputDefinitions"]["parameters"]
    assert declared == {"due": {"parameterType": "BOOLEAN"}, "decision": {"parameterType": "STRING"}}
    asked = spec["root"]["inputDefinitions"]["parameters"]["asked"]
    assert asked == {"parameterType": "STRING", "defaultValue": "", "isOptional": True}


def test_one_that_is_submitted_trains_in_any_case() -> None:
    text = compile_pipeline(TAXI, [SCHEDULE])
    assert ("decide" in text, "triggerPolicy:\n" in text) == (False, True)
    assert all("triggerPolicy" not in task for task in tasks(text).values())


@pytest.mark.slow
def test_kfp_reads_one_that_decides_first() -> None:
    from kfp.components import load_component_from_text

    pipeline, *_ = compile_pipeline(TAXI, [SCHEDULE], scheduled=True).split("---\n")
    assert sorted(load_component_from_text(pipeline).component_spec.inputs) == ["asked", "cache", "config", "set"]


def test_the_first_step_reads_the_data_on_the_machine_of_the_end() -> None:
    reader = "resources.ExampleGen={memory: 64Gi, volumes: {/data: trips}, env: {KEY: {secret: s3, key: id}}}"
    plan = plan_containers(TAXI, [SCHEDULE, reader, "resources.finish.memory=1Gi"], scheduled=True)
    assert plan.decide is not None
    wanted = plan.decide.resources
    assert (wanted.memory, wanted.volumes, [*wanted.env]) == ("1Gi", {"/data": "trips"}, ["KEY"])
    assert plan.decide.command == ("millrace", "decide")


def test_only_a_config_with_a_schedule_asks_one() -> None:
    with pytest.raises(ConfigError, match="The config has no schedule"):
        compile_pipeline(TAXI, scheduled=True)
