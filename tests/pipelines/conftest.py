import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.loading.loader import load
from configs.repository import ROOT
from configs.schema.config import Config
from tests.fakes import mariadb


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The taxi pipeline, in a folder of its own."""
    return load(ROOT / "configs" / "taxi.yaml", [f"storage.root={tmp_path}"])


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """A MariaDB, as `storage.metadata` takes it."""
    if mariadb.missing() and not os.environ.get("CI"):
        pytest.skip(f"not installed: {', '.join(mariadb.missing())} (apt-get install mariadb-server)")
    with mariadb.serve(free_port()) as url:
        yield url


@pytest.fixture(scope="session")
def unused_port() -> int:
    """A port on which nobody listens."""
    return free_port()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
