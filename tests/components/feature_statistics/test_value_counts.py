"""Values are counted exactly, or, once pruned, as well as the most frequent ones need."""

import pickle
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from components.feature_statistics.value_counts import COUNT, VALUE, ValueCounts

WORDS = ["a", "b", "b", "größe", "", "b", "a", "z"]


def counted(*batches):
    counts = ValueCounts()
    for batch in batches:
        counts.add(pa.array(batch, pa.string()))
    return counts


def top(counts, number):
    table = counts.list_most_frequent(number)
    return list(zip(table[VALUE].to_pylist(), table[COUNT].to_pylist(), strict=True))


def test_the_most_frequent_come_first_and_of_equals_the_larger():
    counts = counted(WORDS[:3], [], WORDS[3:])
    assert top(counts, 9) == [(b"b", 3), (b"a", 2), (b"z", 1), ("größe".encode(), 1), (b"", 1)]
    assert counts.count_distinct() == 5


def test_what_was_counted_apart_is_added_up_wherever_it_was():
    parts = [pickle.loads(pickle.dumps(counted(part))) for part in (WORDS[:5], WORDS[5:], [])]
    total = ValueCounts()
    for part in parts:
        total.merge(part)
    assert top(total, 9) == top(counted(WORDS), 9)
    assert top(parts[1], 1) == [(b"z", 1)]


@pytest.mark.parametrize("apart", [False, True])
def test_pruning_keeps_the_frequent_ones_and_estimates_the_rest(apart):
    random = np.random.default_rng(0)
    batches = [
        [*(f"id {number}" for number in range(start, start + 5000)), *("ab"[i] for i in random.integers(0, 2, 500))]
        for start in range(0, 60_000, 5000)
    ]
    total = ValueCounts()
    for batch in batches:
        part = counted(batch)
        part.prune()
        total.merge(part) if apart else total.add(pa.array(batch))
        total.prune()
    expected = Counter(word for batch in batches for word in batch if word in "ab")
    assert top(total, 2) == [(word.encode(), count) for word, count in expected.most_common()]
    assert top(total, 3)[2][1] == 1
    assert total.count_distinct() == pytest.approx(60_002, rel=0.03)
    assert len(total.settled) < 10_000
    assert pickle.loads(pickle.dumps(total)).count_distinct() == total.count_distinct()
