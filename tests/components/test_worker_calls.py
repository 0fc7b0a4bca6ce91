"""How workers of different pods find one another; what they do then is in test_training_workers.py."""

import json
import socket
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from components import worker_calls
from components.worker_calls import answer, choose_addresses, gather, publish
from configs.errors import MillraceError
from configs.progress import LANDMARK, PROGRESS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "workers.json"


def come(file: Path, *numbers: int) -> list[threading.Thread]:
    """Workers of these numbers, who ask until they are answered, and say what they are told."""

    def ask(number: int) -> None:
        while (line := answer(file, number)) is None:
            time.sleep(0.01)
        with suppress(EOFError):
            line.send(f"told {line.recv()}")

    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in numbers]
    for thread in threads:
        thread.start()
    return threads


def read(file: Path) -> dict[str, object]:
    """What the file holds, as soon as it is there."""
    while not file.exists():
        time.sleep(0.01)
    return dict(json.loads(file.read_text()))


def test_all_come_in_the_order_of_their_numbers_and_say_where_they_train(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    threads = come(file, 3, 2)
    with caplog.at_level(LANDMARK, PROGRESS.name), gather(file, 3) as lines:
        assert caplog.messages == ["waits for 2 of 3 workers", "waits for 1 of 3 workers"]
        assert not file.exists()
        for number, (line, address) in enumerate(lines):
            host, port = address.split(":")
            with socket.create_server((host, int(port))):
                line.send(number)
            assert line.recv() == f"told {number}"
    for thread in threads:
        thread.join()
    assert answer(file, 2) is None


def test_the_file_holds_a_key_that_this_user_alone_may_read(file: Path) -> None:
    with pytest.raises(MillraceError), gather(file, 2, patience=0.05):
        pass
    publish(file, worker_calls.Call("127.0.0.1", 1, "00" * 32))
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_one_that_does_not_come_is_named_and_how_to_see_what_keeps_it(file: Path) -> None:
    come(file, 2)
    with pytest.raises(MillraceError) as told, gather(file, 3, patience=3):
        pass
    assert told.value.what == "Worker 3 of 3 has not come in 3 s."
    asked = "kubectl describe pods --selector app.kubernetes.io/component=trainer-worker-3"
    assert told.value.remedy == f"What keeps its pod: {asked}"
    assert not file.exists()


def test_who_does_not_know_the_key_is_not_heard_and_keeps_nobody(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says nothing, one that says anything, and one with another training's key come before the worker."""
    monkeypatch.setattr(worker_calls, "GREETING", 1)
    with_nothing: list[socket.socket] = []

    def intrude() -> None:
        call = read(file)
        where = (str(call["host"]), int(str(call["port"])))
        with_nothing.append(socket.create_connection(where))
        socket.create_connection(where).sendall(b"GET / HTTP/1.0\r\n\r\n")
        other = file.with_name("other.json")
        other.write_text(json.dumps(call | {"key": "00" * 32}))
        assert answer(other, 2) is None
        come(file, 2)

    threading.Thread(target=intrude, daemon=True).start()
    with gather(file, 2, patience=20) as [(line, _)]:
        line.send("all")
        assert line.recv() == "told all"
    assert len(with_nothing) == 1


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"host": "127.0.0.1", "port": 1, "key": "00"}'])
def test_a_call_that_is_half_there_or_of_one_that_is_gone_is_none(file: Path, text: str) -> None:
    file.write_text(text)
    assert answer(file, 2) is None


def test_a_line_whose_other_end_has_gone_is_at_its_end(file: Path) -> None:
    gone: list[Connection] = []

    def come_and_go() -> None:
        read(file)
        if line := answer(file, 2):
            gone.append(line)
            line.close()

    thread = threading.Thread(target=come_and_go, daemon=True)
    thread.start()
    with gather(file, 2) as [(line, _)]:
        thread.join()
        assert len(gone) == 1
        with pytest.raises(EOFError):
            line.recv()


def test_addresses_are_free_and_each_worker_s_own() -> None:
    addresses = choose_addresses(3)
    assert len(set(addresses)) == 3
    for address in addresses:
        host, port = address.split(":")
        with socket.create_server((host, int(port))):
            assert host == "127.0.0.1"
