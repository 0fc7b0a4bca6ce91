"""Masks over the cells of a column: what `privacy` says is laid over them where they are typed, and nowhere else.

So it is in training, in scoring and in service alike, before anything is written.
"""

import hashlib
import hmac
import os

import pyarrow as pa
import pyarrow.compute as pc

from components.validation.personal_data import redact
from configs.errors import ConfigError
from configs.schema.privacy import Code, Key, Mask

SHORTEST = 16  # characters of a key: fewer can be tried out
CODE = 16  # hexadecimal digits of a code: two of a million values share one once in 37 million times
TOLD = 12  # of what tells a key from others


def lay_mask(array: pa.Array, mask: Mask) -> pa.Array:
    """Return typed cells under a mask; what is missing stays so. Raises ConfigError where the key is not there."""
    match mask:
        case Code(hash=Key() as key):
            secret = read_key(key)
            values = array.dictionary_encode()
            codes = [_sign(secret, value)[:CODE] for value in values.dictionary.to_pylist()]
            return pa.array(codes, pa.string()).take(values.indices)
        case Code(bin=float() as width):
            numbers = pc.multiply(pc.floor(pc.divide(array.cast(pa.float64()), width)), width)
            return numbers.cast(array.type, safe=False)
        case "redact":
            return pa.array([text and redact(text) for text in array.to_pylist()], pa.string())
    raise ValueError(mask)  # who drops a column reads none of it


def read_key(key: Key) -> bytes:
    """Return the key that the environment holds; raise ConfigError where it is not the one that is meant."""
    place = "privacy.columns"
    secret = os.environ.get(key.key_env, "")
    if not secret:
        remedy = "Set it; in a cluster by resources.ExampleGen.env, which names a secret."
        raise ConfigError(f"the environment has no variable {key.key_env}", place, remedy)
    if len(secret) < SHORTEST:
        remedy = "Make another: openssl rand -hex 32"
        raise ConfigError(f"the key in {key.key_env} has fewer than {SHORTEST} characters", place, remedy)
    found = _sign(secret.encode(), "millrace")[:TOLD]
    if key.key_digest != found:
        what = f"the key in {key.key_env} is not the one of key_digest {key.key_digest}"
        if key.key_digest is None:
            what = f"no key_digest says which key {key.key_env} is to hold"
        raise ConfigError(what, place, f"Of the key that it holds it is: key_digest: {found}")
    return secret.encode()


def _sign(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
