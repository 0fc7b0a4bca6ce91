import hashlib
import hmac

import pyarrow as pa
import pytest

from components.validation.masking import lay_mask
from configs.errors import ConfigError
from configs.schema.privacy import Code, Key

KEY = "a key of sixteen characters and more"
DIGEST = hmac.new(KEY.encode(), b"millrace", hashlib.sha256).hexdigest()[:12]


def hashed(key_digest=DIGEST):
    return Code(hash=Key(key_env="PII_KEY", key_digest=key_digest))


def test_equal_values_have_equal_codes_that_only_the_key_tells(monkeypatch):
    monkeypatch.setenv("PII_KEY", KEY)
    codes = lay_mask(pa.array(["+49 30 1", "+49 30 2", None, "+49 30 1"]), hashed()).to_pylist()
    assert codes[0] == hmac.new(KEY.encode(), b"+49 30 1", hashlib.sha256).hexdigest()[:16]
    assert codes[3] == codes[0] != codes[1]
    assert codes[2] is None


@pytest.mark.parametrize(
    ("key", "digest", "said"),
    [
        ("", DIGEST, "the environment has no variable PII_KEY"),
        ("short", DIGEST, "the key in PII_KEY has fewer than 16 characters"),
        (KEY, None, "no key_digest says which key PII_KEY is to hold"),
        (KEY, "0" * 12, "the key in PII_KEY is not the one of key_digest 000000000000"),
    ],
)
def test_without_the_key_that_is_meant_nothing_is_masked(monkeypatch, key, digest, said):
    monkeypatch.setenv("PII_KEY", key)
    with pytest.raises(ConfigError, match=said) as error:
        lay_mask(pa.array(["x"]), hashed(digest))
    assert key not in str(error.value) or not key
    if len(key) > 16:
        assert f"key_digest: {DIGEST}" in error.value.remedy


def test_a_number_becomes_the_lower_end_of_its_bin():
    ages = pa.array([37.0, 30.0, -1.5, None], pa.float32())
    masked = lay_mask(ages, Code(bin=10))
    assert masked.type == pa.float32()
    assert masked.to_pylist() == [30.0, 30.0, -10.0, None]
    assert lay_mask(masked, Code(bin=10)).to_pylist() == masked.to_pylist()


def test_a_text_loses_what_is_personal():
    assert lay_mask(pa.array(["to ada@example.org", None, ""]), "redact").to_pylist() == ["to [email]", None, ""]
