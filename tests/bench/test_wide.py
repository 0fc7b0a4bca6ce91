import pytest

from bench.wide import ROWS, grow, write
from configs.loading.loader import load


def test_the_pipeline_has_so_many_columns_of_which_two_decide(tmp_path):
    config = load(str(write(tmp_path, 5)))
    lines = (tmp_path / "rows.csv").read_text().splitlines()
    assert list(config.features) == ["c0", "c1", "c2", "c3", "c4"]
    assert (lines[0], len(lines)) == ("c0,c1,c2,c3,c4,label", ROWS + 1)
    for line in lines[1:]:
        *numbers, label = line.split(",")
        total = float(numbers[0]) + float(numbers[1])
        assert abs(total) < 1e-3 or label == ("yes" if total > 0 else "no")


@pytest.mark.full
def test_a_run_is_measured_node_by_node():
    [record] = grow([3])
    assert record["columns"] == 3
    assert sum(node["cpu"] for node in record["nodes"].values()) < record["cpu"]
    assert {"StatisticsGen", "Transform", "Trainer", "LoadCheck"} <= record["nodes"].keys()
