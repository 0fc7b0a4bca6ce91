import numpy as np
import pytest

from bench import plain
from bench.data import LABEL
from bench.measure import ROOT
from configs.loading.loader import load
from configs.samples import catalog

CONFIG = load(ROOT / "configs/taxi.yaml")


@pytest.fixture(scope="module")
def frame():
    found = plain.read(str(catalog.resolve("sample://taxi")))
    return found.fillna(plain.fill(found))


def test_the_model_is_that_of_the_config():
    found = {name: ("numeric", None) for name in plain.NUMBERS}
    found |= {name: ("numeric", count) for name, count in plain.BUCKETS.items()}
    found |= {name: ("categorical", sizes) for name, sizes in plain.VOCABULARIES.items()}
    expected = {
        name: (feature.kind, feature.buckets if feature.kind == "numeric" else (feature.vocabulary, feature.oov))
        for name, feature in CONFIG.features.items()
    }
    assert found == expected
    assert (CONFIG.model.hidden_units, CONFIG.model.embedding) == (plain.HIDDEN, plain.EMBEDDING)
    assert CONFIG.training.optimizer.name == "adam"
    assert CONFIG.training.optimizer.learning_rate == 1e-3
    assert CONFIG.label.name == LABEL


def test_columns_are_scaled_cut_and_looked_up(frame):
    layers = plain.learn(frame)
    columns = {name: values.numpy()[:, 0] for name, values in plain.prepare(frame, layers).items()}
    assert columns["fare"].mean() == pytest.approx(0, abs=1e-3)
    assert columns["fare"].std() == pytest.approx(1, abs=1e-3)
    assert set(columns["trip_start_hour"]) == set(range(1, 25))
    assert columns["payment_type"][frame["payment_type"] == "Cash"].tolist() == [10] * 9909
    for name in (*plain.BUCKETS, *plain.VOCABULARIES):
        assert 0 <= columns[name].min() <= columns[name].max() < plain.count_ids(layers[name])


@pytest.mark.slow
def test_the_model_answers_with_a_score_for_each_row(frame):
    layers = plain.learn(frame)
    scores = plain.build(layers).predict(plain.prepare(frame[:50], layers), verbose=0)
    assert scores.shape == (50, 1)
    assert np.all((scores > 0) & (scores < 1))
