import numpy as np
import pyarrow as pa
import pytest

from components.examples.tf_example import encode_examples
from components.validation.masking import lay_mask
from components.validation.typed_batch import assign_roles, convert
from configs.errors import ConfigError
from configs.schema.config import Config
from pipelines.serving.disclosure import describe_example
from pipelines.serving.input_masks import InputMasks
from pipelines.serving.json_tensor import Refusal
from tests.components.validation.test_masking import KEY, hashed

ROWS = {"age": ["37", None], "phone": ["+49 30 1", None], "note": ["to ada@example.org", ""], "plan": ["pro", "pro"]}
RAW = {
    "age": np.array([37.0, np.nan]),
    "phone": np.array([b"+49 30 1", b""], object),
    "note": np.array([b"to ada@example.org", b""], object),
    "plan": np.array([b"pro", b"pro"], object),
}


@pytest.fixture
def config(monkeypatch):
    monkeypatch.setenv("PII_KEY", KEY)
    return Config.model_validate(
        {
            "name": "people",
            "data": {"format": "csv", "path": "rows.csv"},
            "label": {"name": "left", "kind": "binary"},
            "features": {
                "age": {"kind": "numeric"},
                "phone": {"kind": "categorical", "hash": 10},
                "note": {"kind": "text"},
                "plan": {"kind": "categorical", "vocabulary": 5},
            },
            "privacy": {"columns": {"age": {"bin": 10}, "phone": hashed().model_dump(), "note": "redact"}},
            "model": {"family": "linear"},
            "training": {},
            "evaluation": {"thresholds": {"auc": {"min": 0.5}}},
        }
    )


def code(text):
    return lay_mask(pa.array([text]), hashed())[0].as_py().encode()


def read(example):
    """The features of an example by name: it has them in any order."""
    return {named.key: named.value for named in describe_example().FromString(example).features.feature}


def test_raw_columns_are_masked_as_rows_of_data_are(config):
    masked = {name: values.tolist() for name, values in InputMasks(config).lay("serving_raw", RAW).items()}
    assert masked["age"][0] == 30.0 and np.isnan(masked["age"][1])
    assert masked["phone"] == [code("49 30 1"), b""]  # a plus counts for nothing, as in all categories
    assert masked["note"] == [b"to [email]", b""]
    assert masked["plan"] == [b"pro", b"pro"]
    roles = assign_roles(config, label=False)
    typed = convert(pa.RecordBatch.from_pydict(ROWS), roles).to_pydict()
    assert typed["age"] == [30.0, None]
    assert typed["phone"] == [code("49 30 1").decode(), None]
    assert typed["note"] == ["to [email]", None]


@pytest.mark.parametrize("signature", ["serving_default", "transform_features"])
def test_examples_are_masked_as_rows_of_data_are(config, signature):
    plain = config.model_copy(update={"privacy": type(config.privacy)()})
    batch = pa.RecordBatch.from_pydict(ROWS)
    told, expected = (
        np.array(encode_examples(convert(batch, assign_roles(each, label=False))), object) for each in (plain, config)
    )
    [masked] = InputMasks(config).lay(signature, {"examples": told}).values()
    assert list(map(read, masked)) == list(map(read, expected))
    assert b"ada@" in told[0] and b"ada@" not in masked[0]


def test_a_text_that_is_none_is_refused(config):
    with pytest.raises(Refusal, match="A value is none of its feature"):
        InputMasks(config).lay("serving_raw", RAW | {"note": np.array([b"\xff", b""], object)})


def test_without_the_key_nothing_is_served(config, monkeypatch):
    monkeypatch.delenv("PII_KEY")
    with pytest.raises(ConfigError, match="no variable PII_KEY"):
        InputMasks(config)
