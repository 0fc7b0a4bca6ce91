"""A pipeline that has published once, shared by the tests that need one: a run takes most of a minute."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox import Answer, Sandbox


@pytest.fixture(scope="session", autouse=True)
def temporary_folder() -> Iterator[None]:
    """Gives the libraries, here and in the processes that tests start, one folder to leave things in; it is removed."""
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
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sandbox, Answer]:
    """A small pipeline, and what its first run answered."""
    place = Sandbox(tmp_path_factory.mktemp("published")).furnish()
    answer = place.run()
    assert answer.code == 0, answer.stdout + answer.stderr
    return place, answer


@pytest.fixture(scope="session")
def published(first_run: tuple[Sandbox, Answer]) -> Sandbox:
    """A small pipeline whose first version is in service; only for tests that leave it as it is."""
    return first_run[0]


@pytest.fixture(scope="session")
def keepsake(published: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the published sandbox as it was at first."""
    return Path(shutil.copytree(published.folder, tmp_path_factory.mktemp("keepsake") / "published", symlinks=True))


@pytest.fixture
def sandbox(published: Sandbox, keepsake: Path) -> Iterator[Sandbox]:
    """The published sandbox, to be changed at will: it is put back afterwards, where the metadata expects it."""
    yield published
    shutil.rmtree(published.folder)
    shutil.copytree(keepsake, published.folder, symlinks=True)
