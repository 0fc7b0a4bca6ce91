from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.dialect import PLAIN, Dialect


def test_files_are_plain_unless_the_config_says_otherwise(write: Callable[..., str]) -> None:
    assert load(write()).data.dialect == PLAIN
    told = ["delimiter=';'", "encoding=latin-1", "header=[a, b]", "comment='#'", "compression=zstd", 'quote="\'"']
    dialect = load(write(), [f"data.{setting}" for setting in told]).data.dialect
    assert dialect == Dialect(";", "'", "iso8859-1", ("a", "b"), "#", "zstd")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["encoding=utf-9"], "'utf-9' is no encoding that Python knows"),
        (["delimiter=';'", "quote=';'"], "has `;` both as delimiter and as quote"),
        (["decimal=','", "thousands=','"], "has `,` both as decimal and as thousands"),
        (["delimiter='::'"], "delimiter"),
        (["compression=zip"], "compression"),
    ],
)
def test_what_cannot_be_is_refused(write: Callable[..., str], settings: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(write(), [f"data.{setting}" for setting in settings])
