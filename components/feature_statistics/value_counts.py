"""How often each value of a column of strings occurs, exactly as long as that fits."""

import pyarrow as pa
from tfx_bsl.sketches import KmvSketch

HASHES = 16_384  # of the smallest that TFDV keeps to estimate how many distinct values there are: to 1 %, or exactly
VALUE, COUNT = "value", "count"
EMPTY = pa.table({VALUE: pa.array([], pa.large_binary()), COUNT: pa.array([], pa.int64())})
DOWN = [(COUNT, "descending"), (VALUE, "descending")]  # TFDV's order, ties included


class ValueCounts:
    """The counts of one column; they can be merged and pickled."""

    def __init__(self) -> None:
        self.settled, self.pending = EMPTY, EMPTY
        self.distinct: KmvSketch | None = None

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return self.settled.nbytes + self.pending.nbytes

    def add(self, values: pa.Array) -> None:
        """Count values."""
        counted = values.cast(pa.large_binary()).value_counts()
        self._append(pa.table(counted.flatten(), [VALUE, COUNT]))

    def merge(self, other: "ValueCounts") -> None:
        """Add what another has counted, and leave that as it is."""
        if other.distinct:
            self._estimate().Merge(other.distinct)
        self._append(pa.concat_tables([other.settled, other.pending]))

    def settle(self) -> None:
        """Add up the counts of each value."""
        summed = pa.concat_tables([self.settled, self.pending]).group_by(VALUE).aggregate([(COUNT, "sum")])
        self.settled, self.pending = pa.table([summed[VALUE], summed[f"{COUNT}_sum"]], [VALUE, COUNT]), EMPTY

    def prune(self) -> None:
        """Forget the rarer half of the values; from now on how many there are is an estimate."""
        self._estimate()
        self.settled = self.list_most_frequent(len(self.settled) // 2)

    def list_most_frequent(self, count: int) -> pa.Table:
        """Return so many values with their counts, the most frequent first."""
        self.settle()
        return self.settled.sort_by(DOWN).slice(0, count).combine_chunks()

    def count_distinct(self) -> int:
        """Return how many values there are."""
        self.settle()
        return self.distinct.Estimate() if self.distinct else len(self.settled)

    def _append(self, table: pa.Table) -> None:
        if self.distinct:
            self.distinct.AddValues(table[VALUE].combine_chunks())
        self.pending = pa.concat_tables([self.pending, table])
        if len(self.pending) > len(self.settled):  # so that no value is looked at more often than the table doubles
            self.settle()

    def _estimate(self) -> KmvSketch:
        if not self.distinct:
            self.settle()
            self.distinct = KmvSketch(HASHES)
            self.distinct.AddValues(self.settled[VALUE].combine_chunks())
        return self.distinct
