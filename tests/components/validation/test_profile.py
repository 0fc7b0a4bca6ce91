import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from components.validation.profile import profile_files


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_of_large_data_pieces_are_read_and_the_rows_estimated(tmp_path, suffix):
    path, count = tmp_path / f"rows.{suffix}", 40_000
    frame = pd.DataFrame({"position": range(count), "text": ["word " * 20] * count})
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path, row_group_size=1000)
    profile = profile_files([str(path)], suffix, most=1 << 16)
    assert profile.rows == pytest.approx(count, rel=0.05)
    assert profile.read < count / 8
    positions = profile.columns["position"].numbers
    assert np.histogram(positions, 4, (0, count))[0].min() > 0.15 * profile.read


def test_a_cell_of_several_lines_does_not_hinder(tmp_path):
    path = tmp_path / "rows.csv"
    pd.DataFrame({"text": ['one, "\ntwo'] * 40_000, "y": 1}).to_csv(path, index=False)
    assert profile_files([str(path)], "csv", most=1 << 16).columns.keys() == {"text", "y"}


def test_a_column_of_lists_in_some_files_alone_is_one_of_lists(tmp_path):
    for name, past in (("a", [1, None]), ("b", [[2, 3], [4]])):
        parquet.write_table(pa.table({"past": past}), tmp_path / f"{name}.parquet")
    profile = profile_files([str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")], "parquet")
    assert profile.columns["past"].cells.to_pylist() == [[1], None, [2, 3], [4]]
    assert not profile.columns["past"].is_single
