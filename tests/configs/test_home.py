"""Where a pipeline keeps what it leaves."""

import tempfile
from pathlib import Path

import pytest

from configs.home import COPIES, Home


def test_a_storage_root_of_this_machine_is_where_it_says(tmp_path: Path) -> None:
    assert Home.below(str(tmp_path), "taxi") == Home(tmp_path / "taxi")


def test_the_working_copy_stays_where_it_was_for_a_process_with_a_temporary_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "machine"))
    home = Home.below("gs://bucket/models", "taxi")
    assert home.root.parents[2] == tmp_path / "machine"
    assert home.store == "gs://bucket/models/taxi"
    monkeypatch.setenv(COPIES, str(tmp_path / "machine"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "run" / "tmp-1"))
    assert Home.below("gs://bucket/models", "taxi") == home
