import numpy as np
import pandas as pd
import pytest

from pipelines.synthesis.account import judge, learn, measure_distances, tell_apart

RANDOM = np.random.default_rng(0)


def draw(rows, kind="binary"):
    x = RANDOM.normal(size=rows)
    label = {"binary": np.where(x > 0, "yes", "no").astype(object), "regression": 3 * x}[kind]
    return pd.DataFrame({"x": x, "colour": RANDOM.choice(["red", "green"], rows).astype(object), "label": label})


def test_rows_are_worth_what_is_learnt_from_them():
    held, good = draw(200), draw(300)
    bad = good.assign(label=RANDOM.permutation(good["label"]))
    assert learn("binary", "label", good, held)["trees"] > 0.95
    assert learn("binary", "label", bad, held)["trees"] < 0.8
    assert learn("regression", "label", draw(300, "regression"), draw(200, "regression"))["linear"] < 0.1


@pytest.mark.slow
def test_copies_are_equal_and_cannot_be_told_apart():
    real = draw(300)
    assert measure_distances(real, real) == (0.0, 1.0)
    assert tell_apart(real, draw(300)) == pytest.approx(0.5, abs=0.15)
    assert tell_apart(real, real.assign(x=real["x"] + 9)) == 1.0
    near, equal = measure_distances(real, real.assign(x=real["x"] + 9))
    assert near > 3
    assert equal == 0


def test_a_judgement_names_both_sides():
    real, held = draw(300), draw(100)
    worth = judge("binary", "label", real, held, {"made": real})["made"]
    assert (worth.metric, worth.equal, worth.near) == ("auc", 1.0, 0.0)
    assert worth.learnt == worth.real
    assert worth.equal_real < 0.05 < worth.near_real + 0.05
