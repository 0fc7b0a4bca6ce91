"""A series of one's own, by three commands: found, published, and forecast past its end."""

import numpy as np
import pandas as pd
import pytest

from configs.loading.loader import load
from tests.integration.test_own_data import millrace


def sell(shop: int, item: int) -> pd.DataFrame:
    """Months of what is sold in two shops, which grows, each with a year of its own, and a noise of 2."""
    random, months = np.random.default_rng(2 * shop + item), np.arange(168)
    year = (20 + shop * 10) * np.sin(2 * np.pi * (months + 3 * item) / 12)
    sold = 300 * (1 + shop + 2 * item) + months + year + random.normal(0, 2, 168)
    moments = pd.date_range("2008-01-01", periods=168, freq="MS").strftime("%m/%Y")
    return pd.DataFrame({"month": moments, "shop": f"shop {shop}", "item": item, "sold": sold.round(1)})


@pytest.mark.slow
def test_a_series_is_forecast_past_its_end(tmp_path):
    whole = pd.concat([sell(0, 0), sell(0, 1), sell(1, 1)])
    known = whole.groupby(["shop", "item"]).head(156).sample(frac=1, random_state=1)
    known.to_csv(tmp_path / "known.csv", index=False)
    millrace(tmp_path, "init", "known.csv", "--label", "sold", "-o", "own.yaml")
    config = load(tmp_path / "own.yaml")
    assert (config.data.groups, config.data.window.step, config.model.season) == (("shop", "item"), "1 month", 12)
    told = millrace(
        *(tmp_path, "run", "own.yaml", "--set", "label.quantiles=[0.1, 0.5, 0.9]"),
        *("--set", "training.epochs=30", "--set", "evaluation.thresholds.coverage={min: 0.3}"),
    )
    assert "blessed" in told
    millrace(tmp_path, "predict", "own.yaml", "--input", "known.csv", "--output", "ahead.csv")
    ahead = pd.read_csv(tmp_path / "ahead.csv")
    expected = whole.groupby(["shop", "item"]).tail(12)
    assert list(ahead.columns) == ["month", "shop", "item", "sold", "prediction", "q10", "q50", "q90"]
    assert ahead["sold"].isna().all()
    both = ahead.drop(columns="sold").merge(expected, on=["month", "shop", "item"], validate="1:1")
    assert len(both) == len(ahead) == 36
    assert (both["q10"] <= both["prediction"]).all()
    assert (both["prediction"] <= both["q90"]).all()
    past = whole.groupby(["shop", "item"]).nth(list(range(144, 156)))["sold"].to_numpy()
    naive = np.sqrt(np.mean((np.sort(past) - np.sort(expected["sold"])) ** 2))
    assert np.sqrt(np.mean((both["prediction"] - both["sold"]) ** 2)) < 0.7 * naive
