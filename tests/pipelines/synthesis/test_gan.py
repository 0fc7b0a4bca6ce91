import numpy as np
import pandas as pd
import pytest

from pipelines.synthesis.account import judge
from pipelines.synthesis.gan import Generator, Layout, synthesize
from pipelines.synthesis.marginals import learn
from tests.pipelines.synthesis.test_copula import cancer, random

__all__ = ["cancer"]


def test_a_row_of_numbers_is_a_row_again():
    table = pd.DataFrame({"x": [1.5, 2.5, np.nan], "colour": ["red", None, "red"]}, dtype=object).astype({"x": float})
    layout = Layout({name: learn(table[name]) for name in table})
    rows = layout.encode(table, random())
    assert (layout.widths, rows.shape) == ([1, 2], (3, 3))
    assert rows[:, 1:].tolist() == [[1, 0], [0, 1], [1, 0]]
    assert layout.decode(rows, random())["colour"].tolist() == ["red", None, "red"]


def test_the_places_of_a_category_are_likelihoods():
    made = Generator([1, 3])(np.zeros((5, 64), "float32")).numpy()
    assert made[:, 1:].sum(axis=1) == pytest.approx(1)


@pytest.mark.full
def test_steps_bring_it_near_what_is_real():
    x = random().normal(loc=5, size=500)
    table = pd.DataFrame({"x": x, "label": np.where(x > 5, "yes", "no").astype(object)})
    made = synthesize(table, "label", 500, random(), steps=300)
    high = made.loc[made["label"] == "yes", "x"].mean()
    low = made.loc[made["label"] == "no", "x"].mean()
    assert high - low > 1
    again = synthesize(table, "label", 500, random(), steps=300)
    assert again["x"].to_numpy() == pytest.approx(made["x"].to_numpy(), abs=0.05)


@pytest.mark.full
def test_what_is_learnt_from_made_rows_holds_for_real_ones(cancer):
    train, test = cancer
    made = synthesize(train, "label", len(train), random())
    worth = judge("binary", "label", train, test, {"gan": made})["gan"]
    assert worth.learnt["linear"] >= 0.98
    assert worth.equal == 0
