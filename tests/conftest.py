"""A pipeline that has published once, shared by the tests that need one: a run takes most of a minute."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from multiprocessing.util import get_temp_dir
from pathlib import Path

import pytest

from components.registry.file_lock import hold_file
from configs.repository import ROOT
from pipelines.cli.app import PATIENT
from pipelines.graph import fingerprint
from tests.sandbox import YAML, Answer, Sandbox

os.environ.setdefault(*PATIENT)


@pytest.fixture(scope="session", autouse=True)
def temporary_folder() -> Iterator[None]:
    """Gives the libraries, here and in the processes that tests start, one folder to leave things in; it is removed."""
    get_temp_dir()  # multiprocessing's, which it removes itself, after this one is gone
    leftovers = tempfile.TemporaryDirectory(prefix="millrace-", ignore_cleanup_errors=True)
    with leftovers as folder, pytest.MonkeyPatch.context() as patch:
        os.chmod(folder, 0o1777)  # as /tmp is: MariaDB, a user of its own, writes there too
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture
def fresh(tmp_path: Path) -> Sandbox:
    """A small pipeline that has not run yet."""
    return Sandbox(tmp_path).furnish()


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of what the first run left: kept from one test run to the next, while code and packages are the same.

    A test run that finds another at work there has one of its own.
    """
    parts = (str(ROOT), YAML, fingerprint.of_image(), fingerprint.of_packages())
    name = f"{sys.implementation.cache_tag}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"
    shelves = ROOT / ".pytest_cache" / "published"
    shelves.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(hold_file(shelves / f"{sys.implementation.cache_tag}.lock"))
        except BlockingIOError:
            yield tmp_path_factory.mktemp(name)
            return
        for other in shelves.glob(f"{sys.implementation.cache_tag}-*"):
            if other.name != name:
                shutil.rmtree(other)
        yield shelves / name


@pytest.fixture(scope="session")
def first_run(shelf: Path) -> tuple[Sandbox, Answer]:
    """A small pipeline, and what its first run answered."""
    place, answer = Sandbox(shelf / "place"), shelf / "answer.json"
    if not answer.exists():
        shutil.rmtree(shelf, ignore_errors=True)
        place.folder.mkdir(parents=True)
        first = place.furnish().run()
        assert first.code == 0, first.stdout + first.stderr
        shutil.copytree(place.folder, shelf / "kept", symlinks=True)
        answer.write_text(json.dumps(asdict(first)))
    put_back(shelf)
    return place, Answer(**json.loads(answer.read_text()))


@pytest.fixture(scope="session")
def published(first_run: tuple[Sandbox, Answer]) -> Sandbox:
    """A small pipeline whose first version is in service; only for tests that leave it as it is."""
    return first_run[0]


@pytest.fixture
def sandbox(published: Sandbox, shelf: Path) -> Iterator[Sandbox]:
    """The published sandbox, to be changed at will: it is put back afterwards, where the metadata expects it."""
    yield published
    put_back(shelf)


def put_back(shelf: Path) -> None:
    """Makes the sandbox what it was after its first run."""
    shutil.rmtree(shelf / "place", ignore_errors=True)
    shutil.copytree(shelf / "kept", shelf / "place", symlinks=True)
