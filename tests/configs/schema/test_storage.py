"""How much a pipeline keeps of what it leaves, and where that can be said."""

from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load


def test_a_store_keeps_by_rules_of_its_own(write: Callable[..., str]) -> None:
    assert load(write(), ["storage.keep={runs: 50}"]).storage.keep.runs == 50
    with pytest.raises(ConfigError, match="which gs://bucket has rules of its own for"):
        load(write(), ["storage={root: gs://bucket, keep: {runs: 50}}"])
