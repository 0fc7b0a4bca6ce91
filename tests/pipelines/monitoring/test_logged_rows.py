import numpy as np
import pytest

from configs.schema.privacy import Privacy
from pipelines.monitoring import logged_rows
from pipelines.monitoring.logged_rows import read_requests
from pipelines.serving.prediction_log import Exchange, encode
from pipelines.serving.record_files import RecordFiles
from tests.components.validation.test_masking import hashed
from tests.pipelines.serving.test_disclosure import write_example


@pytest.fixture
def log(home):
    """Writes exchanges into the log of a home."""

    def log(*exchanges):
        files = RecordFiles(home.requests, 8_000_000)
        for signature, inputs, answers, version in exchanges:
            files.append(encode(Exchange("trips", version, signature, inputs, answers)))
        files.close()

    return log


def raw(fares, places):
    return {"fare": np.array(fares), "place": np.array(places, object)}


def test_requests_of_a_version_are_its_rows_and_answers(home, config, log):
    answers = {"prediction": np.array([[0.5], [0.25]])}
    log(
        ("serving_raw", raw([1.5, np.nan], [b"port", b""]), answers, 1),
        ("serving_raw", raw([9.0], [b"sea"]), {"prediction": np.array([[0.9]])}, 2),
        ("transform_features", raw([9.0], [b"sea"]), {}, 1),
    )
    [(batch, told)] = read_requests(home, 1, config)
    assert batch.column(0).to_pylist() == [1.5, None]
    assert batch.column(1).to_pylist() == ["port", None]
    assert told.tolist() == [[0.5], [0.25]]


def test_numbers_are_less_their_offset_and_texts_as_training_spells_them(home, config, log):
    features = dict(config.features)
    features["fare"] = features["fare"].model_copy(update={"offset": 100.0})
    features["place"] = features["place"].model_copy(update={"lower": True})
    log(("serving_raw", raw([101.5], [b"PORT"]), {}, 1))
    [(batch, told)] = read_requests(home, 1, config.model_copy(update={"features": features}))
    assert (batch.column(0).to_pylist(), batch.column(1).to_pylist(), told) == ([1.5], ["port"], None)


def test_examples_hold_the_cells_as_they_are(home, config, log):
    texts = np.empty(1, object)
    texts[:] = [write_example(fare=2.5, place=b"port")]
    log(("serving_default", {"examples": texts}, {}, 1))
    [(batch, _)] = read_requests(home, 1, config)
    assert (batch.column(0).to_pylist(), batch.column(1).to_pylist()) == ([[2.5]], [[b"port"]])


def test_many_requests_come_in_batches(home, config, log, monkeypatch):
    monkeypatch.setattr(logged_rows, "ROWS", 4)
    log(*(("serving_raw", raw([float(n)] * 3, [b"port"] * 3), {"prediction": np.full((3, 1), n)}, 1) for n in range(3)))
    batches = list(read_requests(home, 1, config))
    assert [(len(batch), len(told)) for batch, told in batches] == [(6, 6), (3, 3)]


def test_what_a_client_sent_that_is_none_of_its_kind_is_missing(home, config, log):
    log(("serving_raw", {"fare": np.array([b"?"], object), "place": np.array([b"port"], object)}, {}, 1))
    [(batch, _)] = read_requests(home, 1, config)
    assert batch.column(1).to_pylist() == ["port"]


def test_what_was_masked_when_it_was_logged_is_not_masked_again(home, config, log, monkeypatch):
    monkeypatch.delenv("PII_KEY", raising=False)
    masks = Privacy(columns={"place": hashed()})
    log(("serving_raw", raw([1.5], [b"0123456789abcdef"]), {}, 1))
    [(batch, _)] = read_requests(home, 1, config.model_copy(update={"privacy": masks}))
    assert batch.column(1).to_pylist() == ["0123456789abcdef"]
