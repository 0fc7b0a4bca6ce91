import json

import numpy as np
import pandas as pd
import pytest

from bench.quality import (
    PAGE,
    QUALITIES,
    RECORDS,
    count,
    find_ahead,
    gain,
    is_level,
    judge,
    main,
    name_answer,
    try_table,
)
from bench.tables import TABLES
from tests.bench.records import MACHINE

TOLD = {
    "rows": 100,
    "linear": {"score": 0.9, "noise": 0.01},
    "trees": {"score": 0.8, "noise": 0.02},
    "good": {"score": 0.891, "noise": 0.01, "model": "linear", "seconds": {"init": 2.0, "run": 20.0}, "commit": "1a"},
    "best": {"score": None, "noise": None, "model": "dnn", "seconds": {"init": 9.0}, "commit": "2b"},
}


def test_a_gain_is_a_share_of_the_better_rival():
    assert gain("binary", TOLD, "good") == pytest.approx(-0.01)
    assert gain("binary", TOLD, "best") is None
    assert find_ahead("binary", TOLD) == "linear"
    assert find_ahead("regression", TOLD) == "trees"
    assert gain("regression", TOLD, "good") == pytest.approx(0.8 / 0.891 - 1)


def test_who_is_behind_by_less_than_another_draw_would_move_it_is_level():
    assert is_level("binary", TOLD, "good")  # 0.009 behind, of 0.01
    assert not is_level("regression", TOLD, "good")  # 0.091 behind, of 0.02
    assert not is_level("binary", TOLD, "best")


def test_what_was_not_published_gains_nothing():
    gains = {"a": {"good": -0.02, "best": None}, "b": {"good": -0.03, "best": 0.0}, "c": {}}
    assert count(gains, "good", -0.02) == 1
    assert count(gains, "best", 0.0) == 1


def test_an_answer_is_the_number_or_the_score_of_the_second_class():
    assert name_answer("binary", pd.Series(["no", "yes"])) == "score_yes"
    assert name_answer("multiclass", pd.Series(["a", "b", "c"])) == "prediction"


def test_noise_is_what_another_draw_of_the_rows_would_do():
    label = np.arange(400) % 2
    told = judge("multiclass", label, np.where(np.arange(400) < 100, 1 - label, label))
    assert told["score"] == 0.75
    assert told["noise"] == pytest.approx((0.75 * 0.25 / 400) ** 0.5, rel=0.1)
    assert judge("multiclass", label, None) == {"score": None, "noise": None}


def test_the_page_says_what_was_reached_and_what_was_not(tmp_path):
    (tmp_path / RECORDS).write_text(json.dumps({"machine": MACHINE, "records": {"iris": TOLD}}))
    main(into=tmp_path, redraw=True)
    page = (tmp_path / PAGE).read_text()
    assert "| iris | 100 | accuracy | 0.9 | 0.8 | 0.01 |  | 0.891 (-1.0) | **not published** |" in page
    assert "| linear | dnn | 2.0 + 20.0, 9.0 + – | `1a`, `2b` |" in page
    assert "| on 1 of 1 | – |" in page
    assert "| on 0 of 1 | – |" in page
    assert "`best` is above it, or behind by no more than the standard error, on 0 of 1." in page
    assert "Not all of the ten tables were measured yet." in page


def test_the_aims_are_those_of_all_ten_tables(tmp_path):
    same = TOLD["linear"]
    ahead = TOLD | {"trees": same, "good": same | {**TOLD["good"], **same}, "best": TOLD["good"]}
    (tmp_path / RECORDS).write_text(json.dumps({"machine": MACHINE, "records": dict.fromkeys(TABLES, ahead)}))
    main(into=tmp_path, redraw=True)
    page = (tmp_path / PAGE).read_text()
    assert "| on 10 of 10 | yes |" in page
    assert "| on 2 of 10 | **no** |" in page  # of the two tables of numbers, of which the smaller error is the better
    assert "Not all" not in page


@pytest.mark.full
def test_a_table_goes_all_the_way_and_the_model_of_all_rows_answers(tmp_path):
    told = try_table(TABLES["iris"], ["good"], tmp_path)
    assert told.keys() == {"rows", "linear", "trees", "good"}
    assert told["good"]["score"] > 0.9
    assert told["good"]["model"] == "linear"
    assert told["good"]["seconds"].keys() == {"init", "run", "predict"}
    assert "good" in QUALITIES
