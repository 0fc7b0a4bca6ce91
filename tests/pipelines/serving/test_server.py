import socket

import pytest

from configs.errors import ConfigError
from pipelines.serving.server import bind, listen


def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match="cannot listen there: Address already in use") as error:
            bind("127.0.0.1", port)
    assert error.value.where == f"--host 127.0.0.1 --port {port}"


def test_a_host_that_is_not_here_is_said():
    with pytest.raises(ConfigError, match="cannot listen there: "):
        bind("192.0.2.1", 8501)  # of no machine: RFC 5737


def test_a_port_is_held_from_the_start_and_open_once_there_is_somebody_to_answer():
    sockets = bind("localhost", 0)
    address = sockets[0].getsockname()[:2]
    with pytest.raises(ConnectionRefusedError), socket.create_connection(address):
        pass
    listen(sockets)
    with socket.create_connection(address):
        pass
    for each in sockets:
        each.close()
