"""The limits of control groups, as both releases of them lie on a disk."""

from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

from configs.memory import measure_free

MB = 1 << 20
NONE = 9223372036854771712  # what version 1 says where there is no limit


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 8000 * MB}))
    return tmp_path


@pytest.fixture
def write(root: Path) -> Callable[[Mapping[str, object]], None]:
    def write(files: Mapping[str, object]) -> None:
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(f"{content}\n")

    return write


def of_v2(folder: str, limit: object, used: int, reclaimed: int = 0) -> dict[str, object]:
    stat = f"anon 1\nfile 2\ninactive_file {reclaimed}"
    return {f"{folder}/memory.max": limit, f"{folder}/memory.current": used, f"{folder}/memory.stat": stat}


def of_v1(folder: str, limit: int, used: int, reclaimed: int = 0) -> dict[str, object]:
    stat = f"inactive_file 1\ntotal_inactive_file {reclaimed}"
    names = ("limit_in_bytes", "usage_in_bytes", "stat")
    return {f"{folder}/memory.{name}": value for name, value in zip(names, (limit, used, stat), strict=True)}


def test_without_groups_it_is_what_the_machine_has(root: Path) -> None:
    assert measure_free(root) == 8000 * MB


def test_the_group_of_a_container_is_at_the_top(root: Path, write: Callable[[Mapping[str, object]], None]) -> None:
    write({"proc/self/cgroup": "0::/", **of_v2("sys/fs/cgroup", 800 * MB, 300 * MB, 100 * MB)})
    assert measure_free(root) == 600 * MB


def test_the_tightest_of_the_groups_above_counts(root: Path, write: Callable[[Mapping[str, object]], None]) -> None:
    write({"proc/self/cgroup": "0::/pods/one/main"})
    write(of_v2("sys/fs/cgroup/pods/one/main", "max", 100 * MB))
    write(of_v2("sys/fs/cgroup/pods/one", 500 * MB, 200 * MB))
    write(of_v2("sys/fs/cgroup/pods", 4000 * MB, 3900 * MB))
    assert measure_free(root) == 100 * MB


def test_version_1_says_it_by_other_names(root: Path, write: Callable[[Mapping[str, object]], None]) -> None:
    write({"proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/"})
    write(of_v1("sys/fs/cgroup/memory", NONE, 5000 * MB))
    assert measure_free(root) == 8000 * MB
    write(of_v1("sys/fs/cgroup/memory/docker/abc", 1000 * MB, 700 * MB, 50 * MB))
    assert measure_free(root) == 350 * MB


def test_a_container_of_version_1_sees_its_own_group_for_the_top(
    root: Path, write: Callable[[Mapping[str, object]], None]
) -> None:
    write({"proc/self/cgroup": "4:memory:/kubepods/pod/abc"})
    write(of_v1("sys/fs/cgroup/memory", 800 * MB, 300 * MB))
    assert measure_free(root) == 500 * MB


def test_what_is_used_up_leaves_nothing(root: Path, write: Callable[[Mapping[str, object]], None]) -> None:
    write({"proc/self/cgroup": "0::/", **of_v2("sys/fs/cgroup", 100 * MB, 130 * MB)})
    assert measure_free(root) == 0


def test_of_this_machine_it_is_no_more_than_it_has() -> None:
    assert 0 <= measure_free() <= psutil.virtual_memory().total
