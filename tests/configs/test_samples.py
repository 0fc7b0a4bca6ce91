import csv
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loading import load
from configs.samples import SAMPLES, resolve

ROOT = Path(__file__).parents[2]


def test_the_taxi_sample_holds_every_column_of_its_yaml() -> None:
    with resolve("sample://taxi").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        assert sum(1 for _ in rows) == 15002
    assert set(load(ROOT / "configs/taxi.yaml").columns) <= set(header)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_there(name: str) -> None:
    assert resolve(f"sample://{name}").is_file()


def test_another_path_stays() -> None:
    assert resolve("/data/*.csv") == Path("/data/*.csv")


def test_an_unknown_sample_is_named() -> None:
    with pytest.raises(ConfigError) as told:
        resolve("sample://taxy")
    assert told.value.what == "unknown sample 'taxy'"
    assert told.value.remedy == "Known samples: taxi. Did you mean 'taxi'?"
