"""What has to be true of days that were lived through."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from tests.month.reader import Reader


def require_service(reader: Reader | None, bar: float) -> None:
    """Every look saw a model that loads and reaches its bar, and no look an older version than the one before."""
    assert reader is not None
    assert reader.fault == ""
    assert min(look.auc for look in reader.seen) >= bar
    numbers = [number for look in reader.seen for number in look.versions]
    assert all(before <= after for before, after in pairwise(numbers))


def require_told_once(messages: Sequence[tuple[str, dict[str, str]]]) -> None:
    told = Counter((content["event"], content["run"], content["text"]) for _, content in messages)
    assert set(told.values()) == {1}
