"""Where a pipeline keeps what it leaves."""

import tempfile
from pathlib import Path

import pytest

from configs.copies import COPIES
from configs.errors import ConfigError
from configs.home import Home, find_workspace


def test_a_storage_root_of_this_machine_is_where_it_says(tmp_path: Path) -> None:
    assert Home.below(str(tmp_path), "taxi") == Home(tmp_path / "taxi")


@pytest.mark.parametrize("root", ["gs://bucket/models", "gs://bucket"])
def test_the_folder_of_a_pipeline_is_the_home_that_its_yaml_says(root: str, tmp_path: Path) -> None:
    assert Home.at(f"{tmp_path}/taxi/") == Home.below(str(tmp_path), "taxi")
    assert Home.at(f"{root}/taxi/") == Home.below(root, "taxi")
    assert Home.at(f"{root}/taxi").name == "taxi"


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


def make(*folders: Path) -> None:
    for folder in folders:
        folder.mkdir(parents=True)


@pytest.mark.parametrize("name", ["serving", "lock", "metadata.db", "artifacts/Trainer", "checkpoints/abc", "runs/r1"])
def test_a_link_in_a_pipelines_folder_is_named_with_where_it_leads(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path / "workspace" / "trips")
    home.refuse_links()
    make((home.root / name).parent)
    (tmp_path / "elsewhere").mkdir()
    home.refuse_links()
    (home.root / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match=f"may hold no links, and this one leads to {tmp_path}/elsewhere") as error:
        home.refuse_links()
    assert error.value.where == str(home.root / name)


def test_the_folder_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    make(tmp_path / "disk" / "trips" / "serving")
    (tmp_path / "workspace").symlink_to(tmp_path / "disk")
    Home(tmp_path / "workspace" / "trips").refuse_links()


def test_the_workspace_is_the_nearest_above_that_pipelines_work_in(tmp_path: Path) -> None:
    project = tmp_path / "workspace" / "project"
    make(project / "configs" / "deep")
    assert find_workspace(project / "configs" / "deep") == project / "configs" / "deep" / "workspace"
    make(project / "workspace" / "another" / "runs")
    assert find_workspace(project / "configs" / "deep") == project / "workspace"
    assert find_workspace(project) == project / "workspace"
    make(project / "configs" / "workspace" / "trips" / "serving")
    assert find_workspace(project / "configs" / "deep") == project / "configs" / "workspace"
    assert find_workspace(tmp_path) == tmp_path / "workspace"


def test_a_folder_of_the_same_pipeline_elsewhere_is_mentioned(tmp_path: Path) -> None:
    home = Home(tmp_path / "project" / "workspace" / "trips")
    assert home.mention_another(tmp_path / "other") == ""
    make(home.serving, tmp_path / "workspace" / "trips" / "runs")
    assert home.mention_another(tmp_path / "project" / "deep") == ""
    assert home.mention_another(tmp_path / "other") == (
        f"{tmp_path}/workspace/trips is of a pipeline of this name, too; "
        f"`storage: {{root: {tmp_path}/workspace}}` uses it."
    )
    assert home.mention_another(Path("/")) == ""
    assert Home(home.root, "s3://models/trips").mention_another(tmp_path / "other") == ""
