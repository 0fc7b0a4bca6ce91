import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from pipelines.synthesis.marginals import Categories, Numbers, learn

ROWS = 2000


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_a_column_is_normal_and_comes_back(random):
    column = pd.Series(random.exponential(size=ROWS))
    column[random.random(ROWS) < 0.25] = np.nan
    marginal = learn(column)
    normal = marginal.to_normal(column, random)
    assert kstest(normal, "norm").pvalue > 0.01
    back = marginal.from_normal(normal)
    assert (back.isna() == column.isna()).all()
    assert back.dropna().to_numpy() == pytest.approx(column.dropna().to_numpy(), abs=0.01, rel=0.1)
    drawn = marginal.from_normal(random.normal(size=ROWS))
    assert drawn.isna().mean() == pytest.approx(0.25, abs=0.03)
    assert kstest(drawn.dropna(), column.dropna()).pvalue > 0.01


def test_numbers_of_few_values_stay_among_them(random):
    column = pd.Series(random.choice([0.0, 1.5, 7.0], ROWS, p=[0.5, 0.3, 0.2]))
    drawn = Numbers.learn(column).from_normal(random.normal(size=ROWS))
    assert drawn.value_counts(normalize=True).round(1).to_dict() == {0.0: 0.5, 1.5: 0.3, 7.0: 0.2}


def test_whole_numbers_stay_whole(random):
    column = pd.Series(np.arange(ROWS, dtype="float64"))
    assert not (Numbers.learn(column).from_normal(random.normal(size=100)) % 1).any()


def test_categories_keep_their_shares_and_what_is_missing(random):
    column = pd.Series(random.choice(["b", "a", None], ROWS, p=[0.6, 0.3, 0.1]), dtype=object)
    marginal = learn(column)
    assert isinstance(marginal, Categories)
    assert marginal.values == ("b", "a", None)
    normal = marginal.to_normal(column, random)
    assert kstest(normal, "norm").pvalue > 0.01
    back = marginal.from_normal(normal)
    assert [a if a == a else None for a in back] == list(column)


def test_a_column_without_a_number_is_missing(random):
    column = pd.Series(np.full(9, np.nan))
    assert learn(column).from_normal(learn(column).to_normal(column, random)).isna().all()
