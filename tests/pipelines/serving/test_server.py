import socket

import pytest

from configs.errors import ConfigError
from pipelines.serving.model_manager import Models
from pipelines.serving.server import serve


def test_a_port_that_is_taken_is_said(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match="cannot listen there: Address already in use") as error:
            serve(Models("trips", home, print), "127.0.0.1", port)
    assert error.value.where == f"--host 127.0.0.1 --port {port}"
