"""A real MLflow server, which is installed from PyPI into an environment of its own: hundreds of megabytes."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 300.0  # seconds that it may take to answer

QUIET = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # which would start processes of its own


def install(folder: Path) -> Path:
    """Installs MLflow and returns its program; by uv, since Debian's Python may have no ensurepip."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    uv = shutil.which("uv", path=places)
    assert uv is not None
    index = {"UV_DEFAULT_INDEX": os.environ["PIP_INDEX_URL"]} if "PIP_INDEX_URL" in os.environ else {}
    for words in (
        ("venv", "--python", sys.executable, str(folder)),
        ("pip", "install", "--python", str(folder), "mlflow"),
    ):
        subprocess.run([uv, *words, "--quiet"], check=True, env={**index, **os.environ})
    return folder / "bin" / "mlflow"


@contextmanager
def served(program: Path, folder: Path) -> Iterator[str]:
    """Starts it on a free port, with all that it keeps in a folder, and gives its URL; it is ended afterwards."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    store = [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder / "artifacts"),
    ]
    command = [str(program), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", *store]
    with (folder / "log.txt").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=QUIET)
        try:
            await_answer(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def await_answer(url: str, server: "subprocess.Popen[bytes]") -> None:
    """Returns once it answers; raises TimeoutError where it does not, or has ended."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.5)
    raise TimeoutError(f"{url} does not answer")
