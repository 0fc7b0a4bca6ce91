import csv
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.repository import ROOT
from configs.samples import datasets
from configs.samples.catalog import SAMPLES, resolve


def test_the_taxi_sample_holds_every_column_of_its_yaml() -> None:
    with resolve("sample://taxi").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        assert sum(1 for _ in rows) == 15002
    assert set(load(ROOT / "configs/taxi.yaml").columns) <= set(header)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_there(name: str, cache: Path) -> None:
    found = resolve(f"sample://{name}")
    assert found.is_file() or any(found.iterdir())
    assert resolve(f"sample://{name}") == found
    assert name not in datasets.MAKERS or [path.name for path in found.parent.iterdir()] == [name]


def test_a_sample_that_cannot_be_written_says_what_to_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="the sample 'line' cannot be written") as told:
        resolve("sample://line")
    assert told.value.remedy == "Let XDG_CACHE_HOME name a folder that can be written."


def test_another_path_stays() -> None:
    assert resolve("/data/*.csv") == Path("/data/*.csv")


def test_an_unknown_sample_is_named() -> None:
    with pytest.raises(ConfigError) as told:
        resolve("sample://taxy")
    assert told.value.what == "unknown sample 'taxy'"
    assert told.value.remedy == f"Known samples: {', '.join(SAMPLES)}. Did you mean 'taxi'?"
