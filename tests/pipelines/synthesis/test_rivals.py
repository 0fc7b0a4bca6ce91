import numpy as np
import pandas as pd
import pytest

from pipelines.synthesis.rivals import answer, make, measure

RANDOM = np.random.default_rng(0)
ROWS = 300
FRAME = pd.DataFrame({"x": RANDOM.normal(size=ROWS), "colour": RANDOM.choice(["red", "green", None], ROWS)})
FRAME.loc[::7, "x"] = np.nan
SUM = FRAME["x"].fillna(0) + 2 * (FRAME["colour"] == "red")
LABELS = {
    "binary": (SUM > 1).astype(int),
    "multiclass": pd.cut(SUM, [-9, 0, 2, 9], labels=["low", "middle", "high"]).astype(str),
    "regression": 10 * SUM,
}


@pytest.mark.parametrize("kind", LABELS)
def test_rivals_learn_numbers_and_categories_of_which_some_are_missing(kind):
    shown, held = slice(0, 200), slice(200, None)
    for model in make(kind).values():
        model.fit(FRAME[shown], LABELS[kind][shown])
        reached = measure(kind, LABELS[kind][held].to_numpy(), answer(model, kind, FRAME[held].assign(colour="red")))
        told = measure(kind, LABELS[kind][held].to_numpy(), answer(model, kind, FRAME[held]))
        assert (told < reached and told < 4) if kind == "regression" else (told > reached and told > 0.8)


def test_measures_are_the_usual_ones():
    assert measure("binary", np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])) == 0.75
    assert measure("multiclass", np.array(["a", "b"]), np.array(["a", "a"])) == 0.5
    assert measure("regression", np.array([0.0, 0.0]), np.array([3.0, 4.0])) == pytest.approx(12.5**0.5)
