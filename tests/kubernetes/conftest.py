"""A real Kubernetes for the tests of this folder: `make test-kubernetes` builds its servers first."""

import os
from collections.abc import Iterator

import pytest

from tests.kubernetes import control_plane
from tests.kubernetes.control_plane import ControlPlane


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The control plane, without nodes."""
    if not control_plane.PROGRAM.exists() and not os.environ.get("CI"):
        pytest.skip("Kubernetes' servers are not built: make test-kubernetes, with Go 1.24")
    with control_plane.serve(tmp_path_factory.mktemp("kubernetes")) as plane:
        yield plane
