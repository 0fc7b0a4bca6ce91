from pathlib import Path

import pytest

from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.execution import memory_limit

V1 = {
    "memory/memory.limit_in_bytes": "{}\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n",
}
V2 = {"memory.max": "{}\n", "memory.events": "low 0\nhigh 0\nmax 7\noom 3\noom_kill {}\noom_group_kill 0\n"}


def make(folder: Path, version: dict[str, str], limit: object, kills: int) -> None:
    """Writes what the kernel shows of a container's group."""
    for (name, form), value in zip(version.items(), (limit, kills), strict=True):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(form.format(value))


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(memory_limit, "GROUP", tmp_path)
    return tmp_path


@pytest.mark.parametrize("version", [V1, V2])
def test_the_limit_and_who_was_killed_for_it_are_read_of_either_version(group: Path, version: dict[str, str]) -> None:
    make(group, version, 600 << 20, 2)
    assert (memory_limit.read_limit(), memory_limit.count_kills()) == (600 << 20, 2)


@pytest.mark.parametrize(("version", "limit"), [(V1, (1 << 63) - 4096), (V2, "max")])
def test_a_container_may_have_no_limit(group: Path, version: dict[str, str], limit: object) -> None:
    make(group, version, limit, 0)
    assert memory_limit.read_limit() is None


def test_where_there_is_no_group_nothing_is_known(group: Path) -> None:
    assert (memory_limit.read_limit(), memory_limit.count_kills()) == (None, 0)


@pytest.mark.parametrize(
    ("override", "told", "key"),
    [
        ("resources.Trainer.memory=512Mi", "resources.Trainer.memory", "resources.Trainer.memory"),
        ("resources.default.memory=512Mi", "resources.default.memory", "resources.default.memory"),
        ("resources.Trainer.cpu=2", "resources.Trainer.memory", "resources.Trainer.memory"),
        ("resources.default.memory=1Gi", "resources.default.memory says 1Gi", "resources.default.memory"),
    ],
)
def test_the_limit_of_the_container_and_its_key_are_named(group: Path, override: str, told: str, key: str) -> None:
    make(group, V2, 512 << 20, 1)
    error = memory_limit.explain(load(str(ROOT / "configs/taxi.yaml"), [override]), "Trainer")
    assert error.what == f"Trainer reached its limit of 512Mi ({told}), and was killed"
    assert error.remedy.startswith(f"Raise {key}")
    assert error.details == {"memory_limit": 512 << 20}
