"""A folder in an object store, and what is said of its errors."""

from pathlib import Path
from typing import Any

import pytest
import s3fs

from configs.errors import MillraceError
from configs.home import Home
from pipelines.storage import object_store, sync
from tests.fakes import bucket


def test_files_go_into_a_folder_of_a_store_and_come_back(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "one.txt").write_text("one")
    with object_store.open_store(f"memory://{tmp_path.name}/taxi/") as store:
        store.put(["a/b/one.txt"], tmp_path)
        store.write("two.txt", b"second")
        assert store.list("") == {"a/b/one.txt": 3, "two.txt": 6}
        assert store.list("a") == store.list("a/b/one.txt") == {"a/b/one.txt": 3}
        assert (store.read("two.txt"), store.read("three.txt")) == (b"second", None)
        store.fetch(["a/b/one.txt", "two.txt"], tmp_path / "copy")
        assert sorted(path.name for path in (tmp_path / "copy").rglob("*.txt")) == ["one.txt", "two.txt"]
        assert (tmp_path / "copy" / "a" / "b" / "one.txt").read_text() == "one"
        store.remove(["two.txt"])
        assert store.list("") == {"a/b/one.txt": 3}


@pytest.mark.slow
def test_a_bucket_that_is_not_there_is_named(tmp_path: Path, files: Any) -> None:
    home = Home(tmp_path / "a" / "b" / "taxi", "s3://nowhere/taxi")
    with pytest.raises(MillraceError, match="The store is not there: .*bucket does not exist") as error:
        sync.require_access(home)
    assert (error.value.where, error.value.exit_code) == ("s3://nowhere/taxi", 1)
    assert "Create the bucket" in error.value.remedy


def test_a_machine_without_an_account_is_told(here: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in bucket.ACCOUNT:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(MillraceError, match="There are no credentials for this store"):
        sync.require_access(here)
    s3fs.S3FileSystem.clear_instance_cache()
