from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.privacy import Code, Key

FEATURES = (
    "{phone: {kind: categorical, vocabulary: 9}, age: {kind: numeric}, note: {kind: text}, 'c_*': {kind: numeric}}"
)


def privacy(columns: str) -> str:
    return f"privacy={{columns: {columns}}}"


def test_a_mask_is_found_by_name_and_by_pattern(write: Callable[..., str]) -> None:
    columns = "{email: drop, phone: {hash: {key_env: KEY}}, 'a*': {bin: 10}, c_3: {bin: 2}, note: redact}"
    config = load(write(), [f"features={FEATURES}", privacy(columns)])
    found = {name: config.find_mask(name) for name in ("email", "phone", "age", "c_3", "c_4", "note")}
    assert found == {
        "email": "drop",
        "phone": Code(hash=Key(key_env="KEY")),
        "age": Code(bin=10),
        "c_3": Code(bin=2),
        "c_4": None,
        "note": "redact",
    }


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("{age: drop}", "drop of 'age': 'age' is named elsewhere"),
        ("{tipped: {bin: 1}}", "bin of 'tipped': 'tipped' is needed as it is"),
        (
            "{phnoe: {hash: {key_env: KEY}}}",
            "hash of 'phnoe', which is no feature, group or slice; did you mean 'phone'",
        ),
        ("{age: {hash: {key_env: KEY}}}", "hash of 'age', which is not a categorical feature"),
        ("{phone: {bin: 10}}", "bin of 'phone', which is not a numeric feature"),
        ("{c_3: redact}", "redact of 'c_3', which is not a feature of kind text or categorical"),
        ("{age: {bin: 0}}", "bin: should be greater than 0"),
        ("{age: {}}", "takes one of hash and bin"),
        ("{phone: {hash: {key: secret}}}", "hash.key: unknown key 'key'"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(write: Callable[..., str], columns: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(), [f"features={FEATURES}", privacy(columns)])
    assert said in str(error.value)
