import numpy as np
import pytest

from components.feature_statistics.distance import compare
from configs.schema.label import Label
from pipelines.monitoring.drift import Spreads, Strayed, restore, tell_answers


def label(kind, **more):
    return Label(name="label", kind=kind, **more)


def test_what_is_followed_of_an_answer():
    assert tell_answers(np.array([[0.25], [0.75]]), label("binary")).to_pylist() == [0.25, 0.75]
    assert tell_answers(np.array([[1.0, 2.0, 3.0]]), label("regression", quantiles=[0.1, 0.5, 0.9])).to_pylist() == [
        2.0
    ]
    several = label("multiclass", classes=["a", "b", "c"])
    assert tell_answers(np.array([[0.2, 0.5, 0.3], [0.4, 0.3, 0.3]]), several).to_pylist() == ["b", "a"]
    any_of = label("multilabel", classes=["a", "b"])
    assert tell_answers(np.array([[0.6, 0.7], [0.1, 0.2]]), any_of).to_pylist() == [["a", "b"], []]


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_answers_that_were_kept_are_those_that_were_given(config, kind):
    classes = {} if kind == "binary" else {"classes": ["a", "b", "c"]}
    spreads = Spreads(config.model_copy(update={"label": label(kind, **classes)}))
    answers = np.random.default_rng(0).dirichlet([1, 1, 1], 500)[:, : 1 if kind == "binary" else 3]
    spreads.answers.add(tell_answers(answers, spreads.label))
    kept = spreads.keep_answers()
    assert kept["rows"] == 500
    assert compare(restore(kept), spreads.answers.describe()) == pytest.approx(0, abs=1e-9)


def test_answers_of_a_private_label_are_not_kept(config):
    private = config.data.model_copy(update={"private": ["tipped"]})
    spreads = Spreads(config.model_copy(update={"data": private}))
    spreads.answers.add(tell_answers(np.array([[0.5]]), spreads.label))
    assert spreads.keep_answers() is None


def test_columns_whose_values_may_be_any_are_not_followed(config):
    assert list(Spreads(config).columns) == ["fare", "place", "tipped"]


def test_a_column_is_beyond_its_limit_where_both_are_known():
    assert Strayed("fare", 0.31, 0.3).beyond
    assert not Strayed("fare", 0.3, 0.3).beyond
    assert not Strayed("fare", 0.9, None).beyond
    assert not Strayed("fare", None, 0.3).beyond
