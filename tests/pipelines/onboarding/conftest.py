"""Tables that a config is drafted for."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.features import Numeric
from pipelines.onboarding.config_draft import Draft, draft

ROWS = 600


NUMERIC = Numeric(kind="numeric")


def draw(frame: pd.DataFrame, folder: Path, label: str, **options) -> tuple[Draft, Config]:
    """The draft for a table, and the config that it is; no model is tried unless that is asked for."""
    frame.to_csv(folder / "rows.csv", index=False)
    drawn = draft(str(folder / "rows.csv"), label, folder / "rows.yaml", **{"quality": "fast"} | options)
    (folder / "rows.yaml").write_text(drawn.text)
    return drawn, load(folder / "rows.yaml")


def mix() -> pd.DataFrame:
    """Churned customers: every kind of column, and every kind that is to be left out."""
    random = np.random.default_rng(0)
    churned = np.where(random.random(ROWS) < 0.25, "yes", "no")
    words = [f"word{number}" for number in range(18)]
    frame = pd.DataFrame(
        {
            "customer": [f"C{number:05d}" for number in random.permutation(ROWS)],
            "row": range(1, ROWS + 1),
            "account_id": random.permutation(ROWS) // 5,
            "store_id": random.integers(1, 12, ROWS),
            "signup": pd.Timestamp("2021-01-01") + pd.to_timedelta(random.integers(0, 900, ROWS), "D"),
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 10**7, ROWS), "s"),
            "active": random.choice(["true", "false"], ROWS),
            "vip": random.integers(0, 2, ROWS),
            "plan": random.choice(["basic", "pro", "team"], ROWS),
            "town": random.choice([f"town {number}" for number in range(60)], ROWS),
            "zip": random.choice(["01067", "04103", "10115"], ROWS),
            "tract": random.choice([17031839100, 17031320100, 17031081500], ROWS),
            "fee": random.normal(50, 10, ROWS).round(2),
            "age": random.integers(18, 90, ROWS),
            "population": (10 ** random.uniform(3, 7, ROWS)).astype(int),
            "children": random.integers(0, 5, ROWS),
            "review": [" ".join(random.choice(words, 5 + number % 14)) for number in range(ROWS)],
            "income": random.normal(40_000, 9_000, ROWS).astype(int).astype(str),
            "country": "DE",
            "nothing": np.nan,
            "note": [*["late"] * 4, *[None] * (ROWS - 4)],
            "left": np.where(churned == "yes", 1, 0),
            "closed": np.where(churned == "yes", "2024-02-03", None),
            "churned": churned,
        }
    )
    frame.loc[:1, "signup"] = pd.to_datetime(["2021-01-01", "2023-06-30"])
    frame.loc[:1, "seen"] = pd.to_datetime(["2024-01-01 08:00", "2024-04-30 23:59"])
    frame.loc[:1, "age"] = [18, 89]
    frame["seen"] = frame["seen"].dt.strftime("%d.%m.%Y %H:%M")
    frame.loc[:11, "income"] = "NA"
    frame.loc[:29, "fee"] = np.nan
    frame.loc[:5, "plan"] = None
    return frame


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Draft, Config]:
    return draw(mix(), tmp_path_factory.mktemp("mixed"), "churned")


def bunch(name: str) -> pd.DataFrame:
    return getattr(datasets, f"load_{name}")(as_frame=True).frame


def of(*values: object, **more) -> pd.DataFrame:
    """A table of a label that takes these values in turn, and of a feature."""
    label = [values[number % len(values)] for number in range(ROWS)]
    return pd.DataFrame({"x": np.random.default_rng(0).normal(size=ROWS), "y": label, **more})
