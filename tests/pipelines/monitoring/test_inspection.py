"""From the options to a look that is kept."""

import csv

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

from components.examples.shards import find_columns
from configs.errors import ConfigError, DataRejected
from configs.loading.loader import load
from pipelines.monitoring.inspection import Rows, choose_rows, inspect
from pipelines.monitoring.looks import read_looks
from pipelines.serving.prediction_log import Exchange, encode
from pipelines.serving.record_files import RecordFiles
from tests.pipelines.monitoring.conftest import FARES, PLACES, ROWS


def metrics(look):
    return {(each.slice, each.metric): each for each in look.metrics}


def strayed(look):
    return {each.column: each for each in look.strayed}


def test_rows_with_labels_are_measured_by_slice_against_bar_and_publication(config, home, write):
    look = inspect(config, Rows(write("new.csv")))
    found = metrics(look)
    assert (look.version, look.rows, look.labelled, look.exit_code) == (1, ROWS, ROWS, 0)
    assert (look.published, look.bar) == ({"Overall": {"auc": 0.9}}, {"auc": {"min": 0.8}, "accuracy": {"max": 1.0}})
    assert found["place=port", "example_count"].value == ROWS / 4
    assert 0.9 < found["Overall", "accuracy"].low < 0.95 < found["Overall", "accuracy"].high < 1
    labels = np.where(np.random.default_rng(1).random(ROWS) < 0.95, FARES > 0.5, FARES <= 0.5)
    assert found["Overall", "auc"].value == pytest.approx(roc_auc_score(labels, FARES), abs=1e-3)


def test_below_the_bar_it_ends_with_4_and_says_by_how_much(config, home, write):
    look = inspect(config, Rows(write("new.csv", right=0.6)))
    assert look.exit_code == 4
    [missed] = look.as_data()["missed"]
    auc = metrics(look)["Overall", "auc"].value
    assert missed["text"] == f"auc (Overall) is {auc:.4f}, below 0.8"


def test_a_bar_that_rows_of_one_class_cannot_tell_is_not_reached(config, home, write):
    look = inspect(config, Rows(write("new.csv", fares=FARES * 0.4, right=1.0)))
    assert [str(missed) for missed in look.missed] == ["auc (Overall): the rows do not tell it"]


def test_rows_without_labels_tell_how_far_they_have_moved(config, home, write):
    first = inspect(config, Rows(write("new.csv", labelled=False)))
    assert (first.metrics, first.missed, first.labelled) == ([], [], 0)
    assert {name: round(each.distance or 0, 2) for name, each in strayed(first).items()} == {
        "fare": 0.0, "place": 0.0, "prediction": 0.0,
    }  # fmt: skip
    assert strayed(first)["prediction"].distance is None
    second = strayed(inspect(config, Rows(write("moved.csv", fares=0.4 + FARES * 0.6, places=PLACES[::-1]))))
    assert second["fare"].distance == pytest.approx(0.4, abs=0.02)
    assert second["prediction"].distance == pytest.approx(0.4, abs=0.02)
    assert second["prediction"].since == first.at
    assert (second["fare"].beyond, second["place"].beyond, second["prediction"].beyond) == (True, False, True)


def test_some_labels_may_be_missing(config, home, write, tmp_path):
    path = write("new.csv")
    header, *lines = (tmp_path / "new.csv").read_text().splitlines()
    lines[:400] = [line.rpartition(",")[0] + "," for line in lines[:400]]
    (tmp_path / "new.csv").write_text("\n".join([header, *lines]))
    look = inspect(config, Rows(path))
    assert (look.rows, look.labelled) == (ROWS, 600)
    assert metrics(look)["Overall", "example_count"].value == 600


def test_the_newest_span_is_looked_at_where_no_rows_are_named(config, home, write):
    write("1.csv")
    write("2.csv", fares=FARES[:500], places=PLACES[:500])
    assert (inspect(config, Rows()).source, inspect(config, Rows(span=1)).rows) == ("span 2", ROWS)
    with pytest.raises(DataRejected, match="There is no span 7"):
        inspect(config, Rows(span="7"))
    with pytest.raises(ConfigError, match="'2026-11-20' is no span of "):
        inspect(config, Rows(span="2026-11-20"))


def test_a_wrong_cell_is_named(config, home, write, tmp_path):
    path = write("new.csv")
    (tmp_path / "new.csv").write_text(
        (tmp_path / "new.csv").read_text().replace("\r\n", "\n").replace(",1\n", ",9\n", 1)
    )
    with pytest.raises(DataRejected, match=r"new.csv:\d+:tipped: `9` is neither 0 nor 1") as caught:
        inspect(config, Rows(path))
    assert caught.value.exit_code == 3
    assert read_looks(home) == []


def test_what_was_asked_in_service_is_held_against_what_it_was_trained_on(config, home):
    with pytest.raises(DataRejected, match="no request that version 1 was sent"):
        inspect(config, Rows(requests=True))
    files = RecordFiles(home.requests, 8_000_000)
    for fare, version in [*((fare, 1) for fare in 0.5 + FARES / 2), (99.0, 2)]:
        inputs = {"fare": np.array([fare]), "place": np.array([b"town"], object)}
        answers = {"prediction": np.array([[fare]], np.float32)}
        files.append(encode(Exchange("trips", version, "serving_raw", inputs, answers)))
    files.close()
    look = inspect(config, Rows(requests=True))
    assert (look.rows, look.kind, look.source) == (ROWS, "skew", "the request log")
    found = strayed(look)
    assert found["fare"].distance == pytest.approx(0.5, abs=0.02)
    assert found["place"].distance == pytest.approx(0.25, abs=0.01)
    assert look.answers["edges"][0] == pytest.approx(0.5, abs=0.01)
    [file] = home.requests.iterdir()
    file.rename(file.with_name(f"20260101T000000.000000-{file.name.partition('-')[2]}"))
    assert inspect(config, Rows(requests=True)).rows == ROWS
    with pytest.raises(DataRejected, match="no request that version 1 was sent"):
        inspect(config, choose_rows(None, None, True, since="7d"))


def test_rows_come_from_one_place():
    assert choose_rows("new.csv", None, False) == Rows("new.csv")
    with pytest.raises(ConfigError, match="--input, --requests: the rows are of one place"):
        choose_rows("new.csv", None, True)
    with pytest.raises(ConfigError, match="--since: is for what the request log holds"):
        choose_rows(None, None, False, since="7d")
    with pytest.raises(ConfigError, match="--since: 'a week' is no duration"):
        choose_rows(None, None, True, since="a week")


def test_metrics_are_those_of_the_evaluator_on_the_same_rows(published, tmp_path):
    """The rows of the test split, as the run has read them, written down again."""
    [split] = published.home.artifacts.glob("ExampleGen/examples/*/Split-test")
    rows = pa.concat_tables([pq.read_table(find_columns(str(path))) for path in sorted(split.glob("*.gz"))])
    with (tmp_path / "test.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(rows.column_names)
        for row in rows.to_pylist():
            cells = [cell[0] if cell else "" for cell in row.values()]
            lines.writerow(cell.decode() if isinstance(cell, bytes) else cell for cell in cells)
    config = load(str(published.config))
    kept = published.home.looks
    try:
        look = inspect(config, Rows(str(tmp_path / "test.csv")))
        [line] = read_looks(published.home)
    finally:
        kept.unlink(missing_ok=True)
    found = {each.metric: each.value for each in look.metrics}
    told = {**look.published["Overall"], "example_count": float(look.labelled)}
    [answers] = [each for each in look.strayed if each.column == "prediction"]
    assert (answers.distance <= 0.02, answers.since) == (True, "")  # of the same rows, to the percentile
    assert found == pytest.approx(told, abs=1e-6)
    assert len(found) == 9
    assert line["published"] == look.published
