"""The draft of a forecast: what it says, what it offers, and when it is refused."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from configs.errors import ConfigError, DataRejected
from pipelines.onboarding.config_draft import draft
from tests.pipelines.onboarding.conftest import draw
from tests.pipelines.onboarding.test_series_inference import DAYS, MONTHS, rows, season

TEXT = """\
data:
  format: csv
  path: rows.csv
  window: {order: when, format: "%m/%Y", step: "1 month", horizon: [1]}
  split: {train: 6, eval: 2, test: 2, by: when}  # the latest rows test

label:
  name: sold
  kind: regression
  unit: "$"

features:
  past: {kind: sequence, columns: [sold], length: 24, unit: "$"}  # the rows before
  horizon: {kind: categorical, ids: 2}  # how many rows ahead

# Training begins with what stood there a season before.
model: {family: autoregression, season: 12}
training:
  batch_size: 32
"""


def test_a_draft_says_how_moments_and_numbers_are_written(tmp_path):
    frame = rows(MONTHS, 12, "%m/%Y")
    frame["sold"] = frame["sold"].map(lambda number: f"${number:.2f}")
    drawn, _ = draw(frame, tmp_path, "sold", horizon=1)
    assert TEXT in drawn.text
    assert drawn.as_data()["features"] == {"past": "sequence", "horizon": "categorical"}


def test_parts_of_a_moment_tell_cycles_that_are_longer_than_what_stood_before(tmp_path):
    days = pd.date_range("2020-01-01", periods=1200, freq="D")
    config = draw(rows(days, 7), tmp_path, "sold")[1]
    assert config.features["when"].parts == ("month",)
    assert "when" not in draw(rows(DAYS, 7), tmp_path, "sold")[1].features  # of which a year is seen once


def test_rows_without_a_label_are_gaps_of_a_series(tmp_path):
    frame = rows(DAYS, 7)
    frame.loc[[100, 399], "sold"] = np.nan
    drawn, config = draw(frame, tmp_path, "sold")
    assert config.label.missing == "drop"
    assert config.data.window.horizons == (1,)  # as far as the rows to come reach
    assert len(drawn.warnings) == 2


def test_what_stands_in_the_rows_to_come_is_known_ahead(tmp_path):
    frame = rows(DAYS, 7).assign(price=season(400, 50), rain=season(400, 30))
    frame.loc[390:, ["sold", "rain"]] = np.nan
    drawn, config = draw(frame, tmp_path, "sold")
    assert config.data.window.horizons == tuple(range(1, 11))
    assert config.features["price"].kind == "numeric"
    assert "  # rain: {kind: numeric}" in drawn.text


@pytest.mark.parametrize("kind", ["datetime64[ns]", "datetime64[D]"])
def test_moments_of_parquet_have_a_type_of_their_own(tmp_path, kind):
    table = pa.table({"when": DAYS.to_numpy().astype(kind), "sold": season(400, 7)})
    parquet.write_table(table, tmp_path / "rows.parquet")
    drawn = draft(str(tmp_path / "rows.parquet"), "sold", tmp_path / "rows.yaml")
    assert 'window: {order: when, step: "1 day", horizon: 1..7}' in drawn.text


def test_what_may_be_known_ahead_is_offered(tmp_path):
    frame = rows(DAYS, 7).assign(price=season(400, 50), holiday=np.arange(400) % 30 == 0)
    text = draw(frame, tmp_path, "sold")[0].text
    assert "  # price: {kind: numeric}" in text
    assert "  # holiday: {kind: boolean}" in text


def test_series_by_two_columns_or_three_are_told_apart_by_all_of_them(tmp_path):
    shops = pd.concat(
        [rows(DAYS[:60], 7).assign(shop=shop, item=item) for shop in "abc" for item in ("tea", "nut", "oil")]
    )
    drawn, config = draw(shops, tmp_path, "sold")
    assert "  group: [shop, item]\n" in drawn.text
    assert config.data.groups == ("shop", "item")
    assert "a step of 1 day apart, for each `shop` and `item`" in drawn.warnings[0]
    assert "# shop" not in drawn.text
    towns = pd.concat([shops.assign(town=town) for town in ("Ulm", "Bonn")])
    assert draw(towns, tmp_path, "sold")[1].data.groups == ("shop", "item", "town")
    assert draw(towns, tmp_path, "sold", group="town, item,shop")[1].data.groups == ("town", "item", "shop")
    both = shops.assign(both=shops["shop"] + shops["item"])
    assert draw(both, tmp_path, "sold")[1].data.group == "both"
    with pytest.raises(ConfigError, match="--group itme: there is no column `itme`"):
        draw(shops, tmp_path, "sold", group="shop,itme")


def test_a_series_that_is_asked_for_must_be_one(tmp_path):
    frame = rows(DAYS, 7).assign(sold=np.arange(400) % 5)
    assert draw(frame, tmp_path, "sold", kind="series")[1].label.kind == "regression"
    with pytest.raises(DataRejected, match="the rows are no series: no column has moments"):
        draw(frame.drop(columns="when").assign(x=1.5), tmp_path, "sold", horizon=3)
    with pytest.raises(DataRejected, match="the rows are no series: the label is no number"):
        draw(frame.assign(sold="many"), tmp_path, "sold", kind="series")
    with pytest.raises(ConfigError, match="a regression label has none"):
        draw(frame, tmp_path, "sold", kind="regression", horizon=3)
