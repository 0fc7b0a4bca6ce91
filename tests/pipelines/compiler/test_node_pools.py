from collections.abc import Callable
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loading.loader import read_document as read_config
from configs.loading.loader import validate
from configs.schema.accelerators import Accelerator
from configs.schema.resources import Resources, Toleration
from pipelines.compiler.node_pools import Pool, read_pools, settle
from tests.configs.conftest import MINIMAL

GKE = "cloud.google.com/gke"


def settled(resources: str, step: str = "Trainer") -> Resources:
    """A step's resources by a config that ends in these lines, the first of which is its 15th."""
    text = f"{MINIMAL}resources:\n{resources}"
    document = read_config("file.yaml", text=text)
    return settle(step, validate(document, Path("/"), Path("/")), read_pools(), document)


def test_the_name_of_a_tpu_pool_is_enough() -> None:
    resources = settled("  Trainer: {node_pool: tpu-v5e-4}")
    assert resources.accelerator == Accelerator(type="tpu-v5-lite-podslice", count=4, topology="2x2")
    assert resources.node_selector == {
        f"{GKE}-tpu-accelerator": "tpu-v5-lite-podslice",
        f"{GKE}-tpu-topology": "2x2",
    }
    assert resources.tolerations == (Toleration(key="google.com/tpu", effect="NoSchedule"),)


def test_a_gpu_is_one_unless_there_are_to_be_more() -> None:
    assert settled("  Trainer: {node_pool: gpu-l4}").accelerator == Accelerator(type="nvidia-l4")
    several = settled("  Trainer: {node_pool: gpu-l4, accelerator: {type: nvidia-l4, count: 4}}")
    assert several.accelerator == Accelerator(type="nvidia-l4", count=4)


@pytest.mark.parametrize(
    ("accelerator", "pool"),
    [
        ("{type: nvidia-a100-80gb, count: 2}", "gpu-a100-80gb"),
        ("{type: tpu-v6e-slice, topology: 2x4}", "tpu-v6e-8"),
    ],
)
def test_an_accelerator_alone_finds_its_pool(accelerator: str, pool: str) -> None:
    resources = settled(f"  Trainer: {{accelerator: {accelerator}}}")
    assert resources.node_pool == pool
    assert resources.node_selector == read_pools()[pool].node_selector


def test_what_a_step_says_goes_beside_and_before_its_pool() -> None:
    resources = settled(
        "  default: {node_selector: {zone: a}}\n"
        f"  Trainer: {{node_pool: gpu-t4, node_selector: {{{GKE}-accelerator: other}}, tolerations: [{{key: spot}}]}}"
    )
    assert resources.node_selector == {f"{GKE}-accelerator": "other", "zone": "a"}
    assert [toleration.key for toleration in resources.tolerations] == ["nvidia.com/gpu", "spot"]


def test_another_step_has_the_defaults_alone() -> None:
    resources = settled("  default: {cpu: 2}\n  Trainer: {node_pool: gpu-t4}", step="Transform")
    assert (resources.cpu, resources.node_pool, resources.accelerator) == ("2", None, None)


@pytest.mark.parametrize(
    ("resources", "where", "what", "remedy"),
    [
        (
            "  Trainer: {node_pool: tpu-v5e-2}",
            "file.yaml:15:resources.Trainer.node_pool",
            "unknown node pool 'tpu-v5e-2'",
            "Nearest: tpu-v5e-8, tpu-v5e-4, tpu-v5e-1. Pools are added in deploy/nodepools.yaml.",
        ),
        (
            "  default:\n    node_pool: qwxyz",
            "file.yaml:16:resources.default.node_pool",
            "unknown node pool 'qwxyz'",
            "Known: gpu-t4, gpu-v100, gpu-l4,",
        ),
        (
            "  Trainer:\n    node_pool: tpu-v5e-4\n    accelerator: {type: tpu-v5-lite-podslice, topology: 4x4}",
            "file.yaml:17:resources.Trainer.accelerator",
            "topology '4x4' has 16 chips, and a machine of 'tpu-v5e-4' 4",
            "A step is one machine: take '2x2', or another node_pool.",
        ),
        (
            "  Trainer: {accelerator: {type: tpu-v5-lite-podslice, topology: 4x4}}",
            "file.yaml:15:resources.Trainer.accelerator",
            "no node pool has 'tpu-v5-lite-podslice' of topology '4x4', which is 16 chips",
            "A step is one machine: 1x1, 2x2, 2x4.",
        ),
        (
            "  Trainer: {node_pool: tpu-v5e-4, accelerator: {type: tpu-v5-lite-podslice, topology: 2x2, count: 2}}",
            "file.yaml:15:resources.Trainer.accelerator",
            "2 of 'tpu-v5-lite-podslice' are asked for, and a machine of 'tpu-v5e-4' has 4",
            "A step takes all chips of its TPU.",
        ),
        (
            "  Trainer: {node_pool: gpu-t4, accelerator: {type: nvidia-tesla-t4, count: 8}}",
            "file.yaml:15:resources.Trainer.accelerator",
            "8 of 'nvidia-tesla-t4' are asked for, and a machine of 'gpu-t4' has 4",
            "Ask for at most 4.",
        ),
        (
            "  default: {accelerator: {type: nvidia-l4}}\n  Trainer: {node_pool: gpu-t4}",
            "file.yaml:15:resources.default.accelerator",
            "the node pool 'gpu-t4' has 'nvidia-tesla-t4', not 'nvidia-l4'",
            "Leave the accelerator out, or name another node_pool.",
        ),
        (
            "  Trainer: {accelerator: {type: nvidia-l5}}",
            "file.yaml:15:resources.Trainer.accelerator",
            "no node pool has 'nvidia-l5'",
            "Did you mean 'nvidia-l4'? Pools are added in deploy/nodepools.yaml.",
        ),
    ],
)
def test_what_no_pool_has_is_named(resources: str, where: str, what: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settled(resources)
    assert (refused.value.where, refused.value.what) == (where, what)
    assert refused.value.remedy.startswith(remedy)


@pytest.mark.parametrize("name", read_pools())
def test_a_pool_selects_what_it_says_it_has(name: str) -> None:
    pool = read_pools()[name]
    kind = "tpu-accelerator" if pool.topology else "accelerator"
    assert pool.node_selector[f"{GKE}-{kind}"] == pool.accelerator
    assert pool.node_selector.get(f"{GKE}-tpu-topology") == pool.topology
    assert [toleration.key for toleration in pool.tolerations] == [
        "google.com/tpu" if pool.topology else "nvidia.com/gpu"
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a file of pools."""

    def write_file(text: str) -> Path:
        path = tmp_path / "pools.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def test_a_user_adds_a_pool_without_an_accelerator(write: Callable[[str], Path]) -> None:
    pools = read_pools(write("large: {node_selector: {size: large}}"))
    assert pools == {"large": Pool(node_selector={"size": "large"})}


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a:\n  selector: {b: c}", ":2:a.selector", "unknown key 'selector'"),
        ("a: {accelerator: nvidia-l4}", ":1:a", "has both of accelerator and chips, or none"),
        (
            "a: {accelerator: tpu-v6e-slice, chips: 4, topology: 2x4}",
            ":1:a",
            "topology '2x4' has 8 chips, and one machine 4",
        ),
        ("a: {accelerator: tpu-v6e-slice, chips: 4}", ":1:a", "a topology of 'tpu-v6e-slice' is two powers of two"),
    ],
)
def test_a_mistake_in_the_pools_is_named(write: Callable[[str], Path], text: str, where: str, what: str) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as refused:
        read_pools(path)
    assert refused.value.where == f"{path}{where}"
    assert what in refused.value.what


@pytest.mark.parametrize(
    ("lines", "where", "what"),
    [
        (
            "  default: {requests: {memory: 8Gi}}\n  Trainer: {memory: 4Gi}\n",
            "15:resources.default.requests",
            "asks for 8Gi of memory, which is more than the 4Gi that the step may use",
        ),
        (
            "  Trainer: {cpu: 500m, requests: {cpu: 1}}\n",
            "15:resources.Trainer.requests",
            "asks for 1 of cpu, which is more than the 500m that the step may use",
        ),
        (
            "  default: {volumes: {/a: rows}}\n  Trainer: {volumes: {/b: rows}}\n",
            "16:resources.Trainer.volumes",
            "mount a claim twice, which Kubeflow cannot",
        ),
        (
            "  default: {shared_memory: 1Gi}\n  Trainer: {volumes: {/dev/shm: rows}}\n",
            "15:resources.default.shared_memory",
            "'/dev/shm' is a volume already",
        ),
        (
            "  default: {group: 5}\n  Trainer: {user: }\n",
            "15:resources.default.group",
            "is given without a user, who is left to the image",
        ),
        (
            "  default: {ephemeral_storage: 1Gi}\n  Trainer: {node_pool: gpu-l4}\n",
            "15:resources.default.ephemeral_storage",
            "has ephemeral_storage beside nvidia-l4, and Kubeflow can limit a step to one of them",
        ),
    ],
)
def test_what_cannot_be_together_is_named(lines: str, where: str, what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settled(lines)
    assert (refused.value.where, refused.value.what) == (f"file.yaml:{where}", what)
