"""Writes what a worker is given of the data as shards of all splits; it loads no TensorFlow."""

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import apache_beam as beam
import pyarrow as pa

from components.examples.division import Plan
from components.examples.shards import Shard
from components.examples.splits import tell_origins
from components.readers.formats import FORMATS, find_format
from components.readers.ranges import Range
from components.validation.typed_batch import convert, drop_orders, list_lists, list_sources, number_rows


class WriteShards(beam.DoFn):
    """Writes the rows of some ranges of files, or of all files of a series, as one shard a split.

    A shard appears under its name when it is whole.
    """

    def __init__(self, plan: Plan, folders: Sequence[str], staging: str) -> None:
        self.plan, self.folders, self.staging = plan, folders, staging

    def process(self, element: tuple[list[Range], str, Any]) -> None:  # Beam knows no Assign
        """Write the rows of some ranges; `element` is these, the name of their shards, and what assigns rows."""
        ranges, name, assign = element
        shards = [Shard(os.path.join(folder, name), self.staging) for folder in self.folders]
        for batch in self.plan.roll(chain.from_iterable(map(self._read_range, ranges))):
            splits, rows = assign(batch), drop_orders(batch)
            if self.plan.origins > 1:
                splits, rows = tell_origins(splits, rows)
            for index, shard in enumerate(shards):
                shard.write(rows.filter(pa.array(splits == index)))
        for shard in shards:
            shard.close()

    def _read_range(self, part: Range) -> Iterator[pa.RecordBatch]:
        roles, folder = self.plan.roles, FORMATS[self.plan.format].find_folder(part.path)
        reader = find_format(part.path, self.plan.format, self.plan.dialect)
        rows = 0
        for raw in reader.read_range(part, list_sources(roles), list_lists(roles)):
            batch = convert(raw, roles, folder)
            yield number_rows(batch, rows) if self.plan.repeats else batch
            rows += len(batch)
