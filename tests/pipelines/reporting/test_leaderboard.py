"""Models come the best first, and the best of each metric is marked whichever way better lies."""

import math

from pipelines.reporting.leaderboard import rank_models
from pipelines.reporting.verdict import judge

MODELS = {"mean": {"rmse": 3.0, "coverage": 0.1}, "linear": {"rmse": 1.0}}
DETAILS = {"Trainer": {"seconds": 12.5}, "SklearnBaselines": {"models": MODELS, "seconds": {"linear": 0.25}}}


def judged(baseline=None, **metrics):
    items = [{"slice": "Overall", "metric": name, "candidate": value} for name, value in metrics.items()]
    return judge([item | {"baseline": baseline} for item in items], {}, ())


def test_of_what_costs_the_least_is_the_best():
    board = rank_models(judged(rmse=2.0, coverage=0.9), DETAILS, "rmse")
    assert [place.model for place in board.places] == ["linear", "this run", "mean"]
    assert board.best == {"coverage": [], "rmse": ["linear"]}
    assert [place.seconds for place in board.places] == [0.25, 12.5, None]
    assert [place.metrics["coverage"] for place in board.places] == [None, 0.9, 0.1]


def test_what_is_in_service_stands_among_them_and_two_may_be_best():
    board = rank_models(judged(baseline=1.0, rmse=2.0), DETAILS, "rmse")
    assert [place.model for place in board.places] == ["in service", "linear", "this run", "mean"]
    assert board.best["rmse"] == ["in service", "linear"]


def test_what_could_not_be_measured_comes_last():
    board = rank_models(judged(rmse=math.nan), DETAILS, "rmse")
    assert [place.model for place in board.places] == ["linear", "mean", "this run"]


def test_a_network_alone_has_no_leaderboard():
    assert rank_models(judged(rmse=2.0), {"Trainer": {"seconds": 1.0}}, "rmse") is None
    assert rank_models([], DETAILS, "rmse") is None
