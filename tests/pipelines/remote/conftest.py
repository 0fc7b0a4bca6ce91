"""A Kubeflow Pipelines that runs in this process, and a config that names it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from configs.loading.loader import load
from configs.schema.config import Config
from tests.fakes import kubernetes_api
from tests.fakes.kfp_server import KfpServer, serving
from tests.fakes.kubernetes_api import Kubernetes
from tests.sandbox import YAML

Configure = Callable[..., Config]


@pytest.fixture
def server() -> Iterator[KfpServer]:
    with serving() as state:
        yield state


@pytest.fixture
def configure(server: KfpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Makes a config whose cluster is the server, in a home folder of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def make(*lines: str, host: str = "") -> Config:
        path = tmp_path / "trips.yaml"
        cluster = [f"  host: {host or server.host}", "  experiment: nightly", *(f"  {line}" for line in lines)]
        path.write_text("\n".join([YAML + "schedule: {cron: 0 3 * * 1}", "cluster:", *cluster]) + "\n")
        return load(path)

    return make


@pytest.fixture
def kubernetes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kubernetes]:
    """A Kubernetes that is reached by a kubeconfig."""
    file = tmp_path / "kubeconfig"
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    with kubernetes_api.serving(file) as state:
        yield state
