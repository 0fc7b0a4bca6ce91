import socket
from pathlib import Path

import pytest

from configs.loading import load
from configs.schema import Config
from tests.sandbox import ROOT


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The taxi pipeline, in a folder of its own."""
    return load(ROOT / "configs" / "taxi.yaml", [f"storage.root={tmp_path}"])


@pytest.fixture(scope="session")
def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
