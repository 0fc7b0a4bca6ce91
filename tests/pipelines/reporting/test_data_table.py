"""A row says of a column what its statistics say, by the kind that the config gives it."""

from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.reporting.data_table import Bin, name_kinds, tabulate

TAXI = load(ROOT / "configs" / "taxi.yaml")
ROWS = {"train": 100, "test": 10}
FARE = {
    "missing": 25,
    "missing_by_split": {"train": 25, "test": 1},
    "mean": 11.5,
    "median": 8.0,
    "unique": None,
    "edges": [0.0, 10.0, 20.0],
    "shares": {"train": [0.8, 0.2], "test": [0.6, 0.4]},
}
COMPANY = {
    "missing": 0,
    "mean": None,
    "median": None,
    "unique": 54,
    "values": ["Blue", "Red"],
    "shares": {"train": [0.5, 0.25]},
}


def told(served=None, **columns):
    return {"StatisticsGen": {"columns": columns}, "DataGate": {"served": served or {}}}


def test_a_number_has_bins_with_the_shares_of_all_splits():
    [row] = tabulate(told(fare=FARE), ROWS, TAXI)
    assert (row.kind, row.missing) == ("numeric", {"train": 0.25, "test": 0.1})
    assert row.facts == {"mean": 11.5, "median": 8.0, "unique": None}
    assert row.bins == [
        Bin("0 to 10: train 80.0%, test 60.0%", {"train": 100.0, "test": 75.0}),
        Bin("10 to 20: train 20.0%, test 40.0%", {"train": 25.0, "test": 50.0}),
    ]
    assert row.span == "0 to 20; the outer bars hold what lies beyond"


def test_what_is_in_service_is_laid_over_the_splits():
    quantiles = [0.5, 2.0, 8.0, 12.0, 19.0]
    columns = {"fare": {**FARE, "quantiles": quantiles}, "company": COMPANY}
    fare, company = tabulate(told({"fare": [0.25, 0.75]}, **columns), ROWS, TAXI)
    assert [found.heights["in service"] for found in fare.bins] == [31.25, 93.75]
    assert fare.bins[1].tip == "10 to 20: train 20.0%, test 40.0%, in service 75.0%"
    assert (fare.is_served, company.is_served) == (True, False)
    assert (fare.quantiles, company.quantiles) == (["0.5", "2", "8", "12", "19"], [])


def test_a_category_has_its_values():
    [row] = tabulate(told(company=COMPANY), ROWS, TAXI)
    assert (row.kind, row.span) == ("categorical", "Blue, Red")
    assert row.bins[1] == Bin("Red: train 25.0%", {"train": 50.0})


def test_what_an_older_run_left_has_no_distribution():
    [row] = tabulate(told(fare={"missing": 50, "mean": 11.5, "unique": None}), ROWS, TAXI)
    assert (row.missing, row.bins, row.span) == ({"train": 0.5}, [], "")
    assert row.facts["median"] is None


def test_kinds_are_those_of_the_config():
    kinds = name_kinds(TAXI)
    assert kinds["big_tipper"] == "label, binary"
    assert kinds["company"] == "categorical"


def test_the_columns_of_an_image_are_all_images():
    digits = load(ROOT / "configs" / "digits_cnn.yaml")
    [(name, feature)] = [item for item in digits.features.items() if item[1].kind == "image"]
    columns = feature.columns or [name]
    assert {name_kinds(digits)[column] for column in columns} == {"image"}
    series = name_kinds(load(ROOT / "configs" / "series_rnn.yaml"))
    assert (series["past"], series["sales"]) == ("sequence", "label, regression")


def test_a_moment_is_told_as_a_date():
    series = load(ROOT / "configs" / "series_rnn.yaml")
    [(name, _)] = [item for item in series.features.items() if item[1].kind == "timestamp"]
    day = {**FARE, "mean": 1617321600.0, "median": 1617321600.0, "edges": [1617235200.0, 1617321600.0, 1617411660.0]}
    [row] = tabulate(told(**{name: day}), ROWS, series)
    assert row.told == {"mean": "2021-04-02", "median": "2021-04-02", "unique": ""}
    assert row.facts["mean"] == 1617321600.0
    assert row.bins[1].tip.startswith("2021-04-02 to 2021-04-03 01:01: train 20.0%")
    assert row.span.startswith("2021-04-01 to 2021-04-03 01:01")
