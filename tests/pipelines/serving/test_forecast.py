"""The rows of a series that are yet to come, out of files of its rows."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from components.examples.steps import Step
from components.examples.windows import Timeline
from components.readers.formats import find_scored
from configs.errors import DataRejected
from configs.schema.config import Config
from pipelines.serving.forecast import Forecast, count_after

DAYS = [f"2024-01-{day:02d}" for day in range(28, 32)] + ["2024-02-01", "2024-02-02"]


def config(window=None, features=None, **data):
    past = {"past": {"kind": "sequence", "columns": ["sales"], "length": 2}}
    told = {"horizon": {"kind": "categorical", "ids": 4}}
    return Config.model_validate(
        {
            "name": "shops",
            "data": {
                "format": "csv",
                "path": "rows.csv",
                "window": {"order": "day", "step": "1 day", "horizon": [1, 3], **(window or {})},
                "split": {"by": "day"},
                **data,
            },
            "label": {"name": "sales", "kind": "regression"},
            "features": {**past, **told, **(features or {})},
            "model": {"family": "autoregression"},
            "training": {},
            "evaluation": {"thresholds": {"rmse": {"max": 1}}},
        }
    )


def forecast(path, config):
    """The rows to come: as they are written, as the model sees them, and what is said of the others."""
    faults = []
    [(raw, typed)] = Forecast.of(config, str(path), faults.append).read(find_scored(str(path)).read_rows(str(path)), "")
    assert typed.schema.names == list(config.features)
    return raw.records, typed.to_pylist(), [(fault.number, fault.reason) for fault in faults]


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_rows_are_added_past_the_last_each_told_by_the_nearest_horizon(tmp_path):
    path = write(tmp_path / "rows.csv", "day,sales,note", *(f"{day},{n},x" for n, day in enumerate(DAYS)))
    raw, seen, faults = forecast(path, config())
    assert raw == [{"day": f"2024-02-0{day}", "sales": None, "note": None} for day in (3, 4, 5)]
    assert seen == [{"past": [4, 5], "horizon": 1}, {"past": [3, 4], "horizon": 3}, {"past": [4, 5], "horizon": 3}]
    assert not faults


def test_rows_may_come_in_any_order_and_moments_are_written_as_they_were(tmp_path):
    lines = [f"{day[8:]}/{day[5:7]}/{day[:4]},{n}" for n, day in enumerate(DAYS)]
    path = write(tmp_path / "rows.csv", "day,sales", *reversed(lines))
    raw, seen, _ = forecast(path, config({"format": "%d/%m/%Y", "horizon": [1]}))
    assert raw == [{"day": "03/02/2024", "sales": None}]
    assert seen[0]["past"] == [4, 5]


def test_rows_without_a_label_at_the_end_are_those_to_come_with_what_is_known_ahead(tmp_path):
    lines = [f"{day},{n},{n / 10}" for n, day in enumerate(DAYS[:4])]
    path = write(tmp_path / "rows.csv", "day,sales,price", *lines, "2024-02-01,,0.7", "2024-02-02,,0.8")
    raw, seen, _ = forecast(path, config(features={"price": {"kind": "numeric"}}))
    assert [row["day"] for row in raw] == ["2024-02-01", "2024-02-02"]
    assert [(row["past"], row["horizon"], row["price"]) for row in seen] == [
        ([2, 3], 1, pytest.approx(0.7)),
        ([1, 2], 3, pytest.approx(0.8)),
    ]


def test_a_gap_among_the_labels_is_a_step_without_numbers_and_is_not_told(tmp_path):
    lines = [f"{day},{'' if n == 4 else n}" for n, day in enumerate(DAYS)]
    raw, seen, _ = forecast(write(tmp_path / "rows.csv", "day,sales", *lines), config())
    assert [row["day"] for row in raw] == ["2024-02-03", "2024-02-04", "2024-02-05"]
    assert [row["past"] for row in seen] == [[3, 5], [3, 3], [3, 5]]


def test_a_row_to_come_is_told_by_its_moment_and_a_gap_is_a_step_without_numbers(tmp_path):
    lines = [f"{DAYS[n]},{n}" for n in (0, 1, 2, 4)]
    raw, seen, faults = forecast(write(tmp_path / "rows.csv", "day,sales", *lines, "2024-02-04,"), config())
    assert [(row["past"], row["horizon"]) for row in seen] == [([2, 4], 3)]
    assert not faults


def test_each_series_has_rows_of_its_own_to_come(tmp_path):
    lines = [f"{day},{shop},{n + 10 * (shop == 'b')}" for n, day in enumerate(DAYS) for shop in "ab"]
    path = write(tmp_path / "rows.csv", "day,shop,sales", *lines, "2024-02-03,b,", "2024-01-01,c,7")
    raw, seen, faults = forecast(path, config(group="shop"))
    assert [(row["shop"], row["day"][5:]) for row in raw] == [
        *[("a", f"02-0{day}") for day in (3, 4, 5)],
        ("b", "02-03"),
    ]
    assert [row["past"] for row in seen] == [[4, 5], [3, 4], [4, 5], [14, 15]]
    few = "The model looks at {} steps up to the last label, and there is 1."
    assert faults == [(0, few.format(needed)) for needed in (2, 3, 2)]


def test_each_of_the_series_that_two_columns_tell_apart_is_forecast(tmp_path):
    series = (("a", 1), ("a", 2), ("b", 2))
    lines = [f"{day},{shop},{item},{n + 10 * item}" for n, day in enumerate(DAYS) for shop, item in series]
    path = write(tmp_path / "rows.csv", "day,shop,item,sales", *lines, "2024-02-03,a,2,")
    raw, seen, faults = forecast(path, config({"horizon": [1]}, group=["shop", "item"]))
    told = sorted((row["shop"], row["item"], *each["past"]) for row, each in zip(raw, seen, strict=True))
    assert told == [("a", "1", 14, 15), ("a", "2", 24, 25), ("b", "2", 24, 25)]
    assert {row["day"] for row in raw} == {"2024-02-03"}
    assert not faults


def test_a_row_too_far_ahead_is_named(tmp_path):
    lines = [f"{day},{n}" for n, day in enumerate(DAYS[:2])]
    path = write(tmp_path / "rows.csv", "day,sales", *lines, *(f"{day}," for day in DAYS[2:]))
    raw, _, faults = forecast(path, config())
    assert [row["day"] for row in raw] == [DAYS[2], DAYS[4]]
    assert faults == [
        (5, "The model looks at 3 steps up to the last label, and there are 2."),
        (7, "This is step 4 after the last with a label, and the model looks 3 ahead."),
    ]


def test_columns_of_parquet_keep_their_types(tmp_path):
    days = pa.array(np.array(DAYS, "datetime64[D]"))
    table = pa.table({"day": days.cast(pa.timestamp("us")), "sales": pa.array(range(6), pa.int64())})
    parquet.write_table(table, tmp_path / "rows.parquet")
    raw, seen, _ = forecast(tmp_path / "rows.parquet", config())
    assert [f"{row['day']:%m-%d}" for row in raw] == ["02-03", "02-04", "02-05"]
    assert [row["past"] for row in seen] == [[4, 5], [3, 4], [4, 5]]


@pytest.mark.parametrize(
    ("settings", "lines", "what"),
    [
        ({"window": {"step": None}}, ["2024-01-01,1,1"], "data.window.step does not say how far"),
        ({"features": {"price": {"kind": "numeric"}}}, ["2024-01-01,1,1"], "what `price` will be"),
        ({}, ["2024-01-01,,1"], "no row has a label"),
    ],
)
def test_what_cannot_be_known_of_the_rows_to_come_is_said(tmp_path, settings, lines, what):
    with pytest.raises(DataRejected, match=what):
        forecast(write(tmp_path / "rows.csv", "day,sales,price", *lines), config(**settings))


def test_a_file_of_lists_is_scored_as_it_stands(tmp_path):
    path = write(tmp_path / "rows.csv", "past,horizon", "1 2,1")
    assert Forecast.of(config(), str(path), lambda fault: None) is None


def test_rows_after_the_last_label_are_counted_by_series():
    labelled = np.array([True, False, True, False, False, False, False, True])
    series = np.array([0, 0, 0, 0, 0, 1, 1, 2])
    moments = np.array([0, 1, 2, 3, 6, 5, 6, 9])
    line = Timeline.of(moments, series, None)
    assert count_after(labelled, line).tolist() == [0, 0, 0, 1, 2, 1, 2, 0]
    line = Timeline.of(moments, series, Step(1, "number"))
    assert count_after(labelled, line).tolist() == [0, 0, 0, 1, 4, 1, 2, 0]
