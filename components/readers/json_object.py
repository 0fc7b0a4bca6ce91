"""Objects of JSON, of which Python would keep the last value of a key that stands twice, and say nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

Pairs = Sequence[tuple[str, Any]]  # the keys of an object and their values, as they are written


class Doubled(dict[str, Any]):
    """An object that names a key twice, of which the last value is left."""

    def __init__(self, pairs: Pairs, key: str) -> None:
        super().__init__(pairs)
        self.key = key


def gather(pairs: Pairs) -> dict[str, Any]:
    """Return an object, which is Doubled where a key stands twice in it."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else Doubled(pairs, Counter(key for key, _ in pairs).most_common(1)[0][0])
