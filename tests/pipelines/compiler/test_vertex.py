from typing import Any

import pytest
import yaml

from configs.errors import ConfigError
from pipelines.compiler.compile import compile_pipeline
from tests.pipelines.compiler.golden import config

VERTEX = config("vertex")


def executors(*overrides: str) -> dict[str, Any]:
    return yaml.safe_load(compile_pipeline(VERTEX, overrides, engine="vertex"))["deploymentSpec"]["executors"]


def test_a_step_is_told_where_the_secret_lies() -> None:
    for executor in executors().values():
        *_, option, name = executor["container"]["args"]
        assert (option, name) == ("--metadata-secret", "projects/trips/secrets/millrace-metadata/versions/latest")


@pytest.mark.parametrize(
    ("pool", "device", "accelerator"),
    [
        ("gpu-t4", "gpu", {"type": "NVIDIA_TESLA_T4", "count": "1"}),
        ("gpu-a100", "gpu", {"type": "NVIDIA_TESLA_A100", "count": "1"}),
        ("gpu-h100", "gpu", {"type": "NVIDIA_H100_80GB", "count": "1"}),
        ("tpu-v5e-4", "tpu", {"type": "TPU_V5_LITEPOD", "count": "4"}),
    ],
)
def test_accelerators_go_by_the_names_of_vertex(pool: str, device: str, accelerator: dict[str, str]) -> None:
    made = executors(f"resources.Trainer.node_pool={pool}", f"training.device={device}")
    assert made["exec-trainer"]["container"]["resources"]["accelerator"] == accelerator


@pytest.mark.parametrize(
    ("override", "what", "remedy"),
    [
        ("cluster.root=/workspace", "'/workspace' is no place that Vertex can keep things in", "Set it to gs://"),
        ("cluster.vertex=", "missing key 'vertex'", "Add project, location and metadata below it."),
        ("resources.Pusher.timeout=60", "Vertex has nothing like 'timeout' for a step", "Leave it out."),
        (
            "resources.default.volumes={/data: rows}",
            "Vertex has nothing like 'volumes' for a step",
            "Leave it out.",
        ),
        ("resources.Trainer.shared_memory=1Gi", "Vertex has nothing like 'shared_memory' for a step", "Leave it out."),
        ("resources.Trainer.labels={a: b}", "Vertex has nothing like 'labels' for a step", "Leave it out."),
        ("resources.default.annotations={a: b}", "Vertex has nothing like 'annotations' for a step", "Leave it out."),
        (
            "resources.default.image_pull_policy=Always",
            "Vertex has nothing like 'image_pull_policy' for a step",
            "Leave it out.",
        ),
        (
            "resources.default.image_pull_secrets=[a]",
            "Vertex has nothing like 'image_pull_secrets' for a step",
            "Leave it out.",
        ),
        ("resources.finish.node_selector={a: b}", "Vertex has nothing like 'node_selector' for a step", "Leave it out"),
        ("resources.default.user=5000", "Vertex has nothing like 'user' for a step", "Leave it out."),
        ("cluster.ttl=60", "Vertex has nothing like 'ttl' for a run", "Leave it out."),
    ],
)
def test_what_vertex_has_not_is_named(override: str, what: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as refused:
        executors(override)
    assert refused.value.where.startswith(f"--set {override}")
    assert refused.value.what == what
    assert refused.value.remedy.startswith(remedy)


def test_a_pool_that_vertex_lacks_is_named() -> None:
    with pytest.raises(ConfigError) as refused:
        executors("resources.Trainer.node_pool=tpu-v6e-4", "training.device=tpu")
    assert refused.value.what == "Vertex has no machines like those of 'tpu-v6e-4'"
    assert refused.value.remedy.startswith("It has gpu-t4, gpu-v100, gpu-l4,")


def test_a_run_of_a_schedule_decides_first_with_the_secret_that_all_steps_have() -> None:
    text = compile_pipeline(VERTEX, ["schedule={cron: 0 3 * * *}"], engine="vertex", scheduled=True)
    container = yaml.safe_load(text)["deploymentSpec"]["executors"]["exec-decide"]["container"]
    assert container["command"] == ["millrace", "decide"]
    assert container["args"][-2] == "--metadata-secret"
