"""A bucket that runs here, and two machines' working copies of what lies in it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from configs.home import Home
from tests.fakes import bucket

URL = "s3://models/taxi"


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with bucket.serve() as files:
        yield files


@pytest.fixture
def files(server: Any) -> Any:
    """The bucket, empty."""
    bucket.empty(server)
    return server


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def here(files: Any, tmp_path: Path) -> Home:
    """The working copy of one machine."""
    return Home(tmp_path / "here" / "copy" / "taxi", URL)


@pytest.fixture
def there(files: Any, tmp_path: Path) -> Home:
    """The working copy of another machine."""
    return Home(tmp_path / "there" / "copy" / "taxi", URL)
