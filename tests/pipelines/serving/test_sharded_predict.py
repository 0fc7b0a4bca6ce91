"""Who scores: the engine of the YAML where it is asked for, or where the input is large."""

from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.schema.beam import Beam
from pipelines.serving import sharded_predict
from pipelines.serving.batch_predict import Order
from pipelines.serving.sharded_predict import choose_engine, staged_folder

FLINK = Beam(runner="flink", args={"job_endpoint": "beam:8099", "environment_type": "EXTERNAL"})


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    """100 bytes to score, where from 101 on they are many."""
    monkeypatch.setattr(sharded_predict, "LARGE", 101)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x" * 50)
    return Order(str(tmp_path), "out.csv")


def test_the_engine_scores_what_is_asked_of_it_or_large(order: Order, tmp_path: Path) -> None:
    assert choose_engine(FLINK, None, order) is None
    assert choose_engine(FLINK, "flink", order) is FLINK
    assert choose_engine(FLINK, "direct", order) is choose_engine(Beam(), None, order) is None
    (tmp_path / "c.csv").write_text("x")
    assert choose_engine(FLINK, None, order) is FLINK
    assert choose_engine(FLINK, None, Order(order.source, "-")) is None


def test_an_engine_that_the_yaml_has_not_is_refused(order: Order) -> None:
    with pytest.raises(ConfigError, match="the engine of the YAML is flink") as refused:
        choose_engine(FLINK, "spark", order)
    assert refused.value.where == "--runner spark"


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "scored.csv"
    with pytest.raises(KeyError), staged_folder(str(target), "r1") as draft:
        (draft / "part").touch()
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    target.touch()  # a file of an earlier command
    for name in ("old", "new"):
        with staged_folder(str(target), name) as draft:
            (draft / name).touch()
            assert target.is_file() or [path.name for path in target.iterdir()] == ["old"]
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == ["scored.csv", "scored.csv/new"]
