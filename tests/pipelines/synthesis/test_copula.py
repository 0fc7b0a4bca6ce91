import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from pipelines.synthesis.account import judge
from pipelines.synthesis.copula import Gaussian, synthesize


def random():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def cancer():
    """The rows that are learnt from, and those that judge."""
    data = load_breast_cancer(as_frame=True)
    table = data.data.astype("float64").assign(label=np.where(data.target == 1, "benign", "malignant").astype(object))
    table = table.sample(frac=1, random_state=0).reset_index(drop=True)
    return table[:398], table[398:]


def test_columns_go_together_as_they_did():
    x = random().normal(size=3000)
    z = -x + np.random.default_rng(1).normal(size=3000)
    table = pd.DataFrame({"x": x, "y": np.exp(x), "z": z, "label": x * 2})
    made = synthesize(table, "label", 3000, random())
    assert made.corr("spearman").to_numpy() == pytest.approx(table.corr("spearman").to_numpy(), abs=0.05)


def test_classes_keep_their_shares_and_what_tells_them_apart():
    where = random().choice([-1.0, 0.0, 1.0], 3000, p=[0.25, 0.5, 0.25])
    table = pd.DataFrame({"x": where + random().normal(scale=0.05, size=3000)})
    table["label"] = np.where(where == 0, "middle", "end").astype(object)
    table.loc[:4, "label"] = "rare"
    made = synthesize(table, "label", 4000, random())
    assert made["label"].value_counts(normalize=True)["middle"] == pytest.approx(0.5, abs=0.03)
    assert 0 < (made["label"] == "rare").sum() < 30
    assert made.loc[made["label"] == "middle", "x"].abs().max() < 0.5
    assert made.loc[made["label"] == "end", "x"].abs().min() > 0.5


def test_fewer_rows_than_columns_have_a_covariance():
    table = pd.DataFrame(random().normal(size=(5, 12)))
    assert Gaussian.learn(table, random()).draw(7, random()).shape == (7, 12)


@pytest.mark.slow
def test_what_is_learnt_from_made_rows_holds_for_real_ones(cancer):
    train, test = cancer
    made = synthesize(train, "label", len(train), random())
    worth = judge("binary", "label", train, test, {"copula": made})["copula"]
    assert worth.learnt["linear"] >= 0.98
    assert worth.learnt["trees"] >= 0.97
    assert worth.real["linear"] >= 0.99
    assert worth.equal == 0
    assert worth.near > 0.9 * worth.near_real
