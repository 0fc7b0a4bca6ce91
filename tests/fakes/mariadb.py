"""A MariaDB of our own, for as long as a test lasts."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("mariadbd", "mariadb-install-db")
SETUP = """\
CREATE DATABASE runs;
CREATE USER millrace IDENTIFIED BY 'p@ss/word';
GRANT ALL ON runs.* TO millrace;
"""
URL = "mysql://millrace:p%40ss%2Fword@{}:{}/runs"


def find(program: str) -> str | None:
    """Returns where a program lies, /usr/sbin included, which is not on every PATH."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def missing() -> list[str]:
    """Returns the programs that are needed and not installed."""
    return [program for program in PROGRAMS if not find(program)]


@contextmanager
def serve(port: int, host: str = "127.0.0.1") -> Iterator[str]:
    """Serves an empty database on a port of this machine; yields its URL, as `storage.metadata` takes it."""
    assert missing() == [], "apt-get install mariadb-server"
    server, install = (str(find(program)) for program in PROGRAMS)
    with tempfile.TemporaryDirectory(prefix="maria") as folder:  # a short path, as a socket needs
        data, setup = Path(folder, "data"), Path(folder, "setup.sql")
        setup.write_text(SETUP)
        user = ["--user=mysql"] if os.geteuid() == 0 else []
        if user:
            shutil.chown(folder, "mysql")
        with Path(folder, "log").open("wb") as log:
            subprocess.run([install, "--no-defaults", *user, f"--datadir={data}"], stdout=log, stderr=log, check=True)
            options = [f"--datadir={data}", f"--socket={folder}/socket", f"--init-file={setup}", "--skip-name-resolve"]
            address = [f"--bind-address={host}", f"--port={port}"]
            process = subprocess.Popen([server, "--no-defaults", *user, *options, *address], stdout=log, stderr=log)
        try:
            wait(process, (host, port), Path(folder, "log"))
            yield URL.format(host, port)
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait(process: "subprocess.Popen[bytes]", address: tuple[str, int], log: Path) -> None:
    """Waits until the server answers."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as connection:
            if connection.connect_ex(address) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
