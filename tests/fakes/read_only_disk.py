"""A disk that can be read and not written."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Lets nobody write below a folder while the block runs; skips the test where root may not mount."""
    if os.geteuid():
        places = [folder, *folder.rglob("*")]
        modes = {place: place.stat().st_mode for place in places if not place.is_symlink()}
        for place, mode in modes.items():
            place.chmod(mode & ~0o222)
        yield
        for place, mode in modes.items():
            place.chmod(mode)
        return
    for options in (["--bind", str(folder), str(folder)], ["-o", "remount,bind,ro", str(folder)]):
        if subprocess.run(["mount", *options], capture_output=True).returncode:
            pytest.skip("root may not mount here, and nothing else stops it from writing")
    yield
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
