"""A PostgreSQL of our own, for as long as a test lasts."""

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.mariadb import find

PROGRAMS = ("initdb", "pg_ctl")
PASSWORD = "p@ss/word"
URL = "postgresql://shop@127.0.0.1:{}/postgres"


def locate(program: str) -> str | None:
    """Returns where a program lies: on the PATH, or where Debian keeps those of each version."""
    debian = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{program}"))
    return find(program) or (debian[-1] if debian else None)


def missing() -> list[str]:
    """Returns the programs that are needed and not installed."""
    return [program for program in PROGRAMS if not locate(program)]


@contextmanager
def serve(port: int) -> Iterator[str]:
    """Serves an empty database that asks for `PASSWORD`; yields its URL, without it, as `data.path` takes it."""
    assert missing() == [], "apt-get install postgresql"
    initialise, control = (str(locate(program)) for program in PROGRAMS)
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        secret, data = Path(folder, "secret"), Path(folder, "data")
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:  # as which it does not run
            for place in (folder, secret):
                shutil.chown(place, "postgres")

        def command(*arguments: str | Path) -> None:
            user = "postgres" if os.geteuid() == 0 else None
            with Path(folder, "log").open("ab") as log:
                subprocess.run(arguments, stdout=log, stderr=log, check=True, cwd=folder, user=user)

        options = ("--username=shop", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-sync")
        command(initialise, f"--pgdata={data}", *options)
        listening = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder}"
        command(control, "start", "--wait", f"--pgdata={data}", f"--log={folder}/server", f"--options={listening}")
        try:
            yield URL.format(port)
        finally:
            command(control, "stop", "--wait", "--mode=fast", f"--pgdata={data}")
