"""Beam's own portable runner, Prism, of the version that the current stack has: found, or built by Go.

`python -m tests.prism` prints where it is, for a container without Go; nothing where there is none.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from configs.repository import ROOT
from tests.pipelines.conftest import free_port
from tests.sandbox import PATIENCE

NAMED = "MILLRACE_PRISM"  # the variable that names the program
ABSENT = f"no Prism: neither {NAMED}, nor `prism` on the path, nor a Go that builds it"
LOCKED = re.findall(r"^apache-beam==(\S+)", (ROOT / "requirements" / "current.txt").read_text(), re.M)[0]
BUILT = ROOT / ".pytest_cache" / f"prism-{LOCKED}" / "prism"
MODULE = "github.com/apache/beam/sdks/v2/go/cmd/prism"


def find_prism() -> str | None:
    """Returns the program: the one that is named, or on the path, or built here, a minute or two the first time."""
    found = os.environ.get(NAMED) or shutil.which("prism") or (str(BUILT) if BUILT.exists() else None)
    if found or not shutil.which("go"):
        return found
    draft = BUILT.parent / f"draft-{os.getpid()}"
    built = subprocess.run(
        ["go", "install", f"{MODULE}@v{LOCKED}"],
        env={**os.environ, "GOBIN": str(draft), "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
    )
    if built.returncode:
        sys.stderr.write(built.stderr)
        return None
    (draft / "prism").replace(BUILT)
    draft.rmdir()
    return str(BUILT)


@contextmanager
def prism(folder: Path, **environment: str) -> Iterator[str]:
    """Prism while the block lasts; yields where it listens, once it does. Its log is in the folder."""
    port, program = free_port(), find_prism()
    assert program
    with (folder / "prism.log").open("wb") as log:
        command = [program, "-job_port", str(port), "-serve_http=false"]
        settings = {"env": {**os.environ, **environment}, "cwd": folder, "start_new_session": True}
        server = subprocess.Popen(command, stdout=log, stderr=log, **settings)
    try:
        wait_for(port)
        yield f"localhost:{port}"
    finally:
        server.kill()
        server.wait()


def wait_for(port: int) -> None:
    """Waits until something listens at a port of this machine; raises TimeoutError where nothing does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("localhost", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"nothing listens at port {port}")


if __name__ == "__main__":
    sys.stdout.write(find_prism() or "")
