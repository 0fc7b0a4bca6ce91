import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.features import Timestamp, Words
from configs.schema.label import Label
from pipelines.synthesis.table import read_table, require_table, write_cells
from tests.sandbox import YAML


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "trips.yaml"
    path.write_text(YAML)
    features = {
        "fare": {"kind": "numeric", "offset": 100.0},
        "seconds": {"kind": "numeric"},
        "company": {"kind": "categorical", "vocabulary": 5},
        "at": {"kind": "timestamp", "format": "%d.%m.%Y"},
    }
    return load(path, [f"features={features}", "label={name: tip, kind: binary, classes: [no, yes]}"])


def test_kept_rows_are_cells_again(tmp_path, config):
    kept = {
        "fare": pa.array([[1.5], None, [2.25]], pa.large_list(pa.float32())),
        "seconds": pa.array([[60.0], [90.0], None], pa.large_list(pa.float32())),
        "company": pa.array([[b"A"], None, [b"B"]], pa.large_list(pa.large_binary())),
        "at": pa.array([[0], [86400 * 31], [86400]], pa.large_list(pa.int64())),
        "tip": pa.array([[0], [1], [1]], pa.large_list(pa.int64())),
    }
    parquet.write_table(pa.table(kept), tmp_path / "rows.parquet")
    table = read_table([tmp_path / "rows.parquet"], config)
    assert table.dtypes.map(lambda dtype: dtype.kind).to_dict() == {
        "fare": "f", "seconds": "f", "company": "O", "at": "f", "tip": "O"
    }  # fmt: skip
    assert write_cells(table, config).to_csv(index=False).splitlines() == [
        "fare,seconds,company,at,tip",
        "101.5,60,A,01.01.1970,no",
        ",90,,01.02.1970,yes",
        "102.25,,B,02.01.1970,yes",
    ]


@pytest.mark.parametrize(
    ("key", "section", "said"),
    [
        (
            "company",
            Words(kind="text"),
            r"features\.company\.kind: rows with a column of kind text cannot",
        ),
        (
            "at",
            Timestamp(kind="timestamp", format="%YQ%q"),
            r"features\.at\.format: moments as %YQ%q cannot",
        ),
        (
            "",
            Label(name="tip", kind="multilabel", classes=["a", "b"]),
            r"label\.kind: rows with several labels",
        ),
    ],
    ids=["a text", "quarters", "several labels"],
)
def test_what_is_no_table_is_refused_by_name(config, key, section, said):
    require_table(config)
    changed = {"features": {**config.features, key: section}} if key else {"label": section}
    with pytest.raises(ConfigError, match=said):
        require_table(config.model_copy(update=changed))


def test_moments_are_written_as_they_are_read(config):
    table = pd.DataFrame({"fare": [1.0], "seconds": [0.5], "company": ["A"], "at": [3661.4], "tip": ["no"]})
    for written, cell in ((None, "1970-01-01T01:01:01Z"), ("milliseconds", 3661000), ("%H:%M:%S", "01:01:01")):
        at = config.features["at"].model_copy(update={"format": written})
        other = config.model_copy(update={"features": {**config.features, "at": at}})
        assert write_cells(table, other)["at"].tolist() == [cell]
