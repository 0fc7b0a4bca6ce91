"""The files beside the data that a config names."""

from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.loading.named_files import require_files
from configs.repository import ROOT

LINE = ROOT / "configs" / "line.yaml"


@pytest.mark.parametrize(
    ("key", "override"),
    [
        ("model.module", "model={{family: custom, module: {folder}/modle.py}}"),
        ("data.schema_file", "data.schema_file={folder}/modle.py"),
    ],
)
def test_a_file_that_is_not_there_is_named_with_the_nearest(key: str, override: str, tmp_path: Path) -> None:
    config = load(LINE, [override.format(folder=tmp_path)])
    with pytest.raises(ConfigError) as told:
        require_files(config)
    assert (told.value.where, told.value.remedy) == (key, "Correct the path.")
    (tmp_path / "model.py").touch()
    with pytest.raises(ConfigError, match=f"there is no file {tmp_path}/modle.py") as told:
        require_files(config)
    assert told.value.remedy == "Did you mean 'model.py'?"
    (tmp_path / "modle.py").touch()
    require_files(config)
