"""A real Kubernetes for the tests of this folder: `make test-kubernetes` builds its servers first."""

import os
from collections.abc import Iterator

import pytest

from tests.kubernetes import control_plane, node
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.node import Node


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The control plane, without nodes."""
    if not control_plane.PROGRAM.exists() and not os.environ.get("CI"):
        pytest.skip("Kubernetes' servers are not built: make test-kubernetes, with Go 1.24")
    with control_plane.serve(tmp_path_factory.mktemp("kubernetes")) as plane:
        yield plane


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of this machine, in a cluster of its own."""
    if not control_plane.PROGRAM.exists() or os.geteuid():
        pytest.skip("needs root and Kubernetes' servers: make test-kubernetes")
    if lacks := node.missing():
        pytest.skip(f"apt-get install {' '.join(lacks)}")
    with (
        control_plane.serve(tmp_path_factory.mktemp("plane")) as plane,
        node.join(plane, tmp_path_factory.mktemp("node")) as made,
    ):
        yield made
