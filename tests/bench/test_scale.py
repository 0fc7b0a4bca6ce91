import numpy as np
import pytest

from bench import scale
from bench.scale import DIRECT, NUMBERS, make_rows, write_config, write_rows
from configs.errors import MillraceError
from configs.loading.loader import load
from pipelines.graph import beam_runner
from pipelines.graph.beam_runner import list_flags, require_endpoint


def test_rows_are_the_same_each_time_and_their_label_can_be_learnt():
    made, again = (make_rows(np.random.default_rng(7), 2000) for _ in range(2))
    assert made.equals(again)
    assert list(made.columns) == [*NUMBERS, "company", "payment", "label"]
    assert 0.45 < (made.label == "yes").mean() < 0.55
    odd = made.company.str.split().str[1].astype(int) % 2
    told = made.n0 + 0.5 * made.n1 + odd - 0.5 > 0
    assert 0.7 < (told == (made.label == "yes")).mean() < 0.9


@pytest.mark.parametrize(("rows", "files", "sizes"), [(10, 1, [10]), (10, 3, [3, 3, 4])])
def test_rows_are_spread_over_files_with_one_header_each(tmp_path, monkeypatch, rows, files, sizes):
    monkeypatch.setattr(scale, "CHUNK", 2)
    write_rows(tmp_path / "rows", rows, files)
    lines = [path.read_text().splitlines() for path in sorted((tmp_path / "rows").iterdir())]
    assert [len(each) - 1 for each in lines] == sizes
    assert {each[0] for each in lines} == {",".join([*NUMBERS, "company", "payment", "label"])}
    assert all(len(line.split(",")) == 11 for each in lines for line in each)


def test_each_way_is_a_config_of_its_engine(tmp_path):
    flags = {workers: list_flags(load(write_config(tmp_path, way.beam)).beam) for workers, way in DIRECT.items()}
    assert "--direct_num_workers=2" in flags[2] and "--direct_running_mode=multi_processing" in flags[2]
    assert len(flags[1]) == 2


@pytest.mark.full
def test_an_engine_is_there_and_ends_with_the_measurement(tmp_path, monkeypatch):
    with scale.engine(tmp_path) as (way, _):
        engine = load(write_config(tmp_path, way.beam)).beam.engine("Transform")
        endpoint = str(engine.args["job_endpoint"])
        require_endpoint(endpoint, "Transform")
    monkeypatch.setattr(beam_runner, "PATIENCE", 0.2)
    with pytest.raises(MillraceError, match="No Beam engine answers"):
        require_endpoint(endpoint, "Transform")
