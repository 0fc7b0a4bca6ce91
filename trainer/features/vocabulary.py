"""Vocabularies, all columns at once: each that Transform learns by itself costs it a second."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from operator import itemgetter

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam

Counts = tuple[tuple[str, bytes], int]
NONE = b"\0"  # stands in a vocabulary that found no value: tables cannot be empty, and no cell holds a NUL


def learn(sizes: Mapping[str, int], values: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns for each column the path, within the graph, of a file of its most frequent values, one a line.

    They stand as `tft.vocabulary` has them: by count, and equal counts by value, both descending, and without blanks
    and values of several lines. `values` are strings of any shape; called within TFX Transform's `preprocessing_fn`.
    """
    if not sizes:
        return {}
    paths = tft.experimental.ptransform_analyzer(
        inputs=[tf.reshape(values[name], [-1]) for name in sizes],
        ptransform=Vocabularies(sizes),
        output_dtypes=[tf.string] * len(sizes),
        output_shapes=[[]] * len(sizes),
        output_asset_default_values=[NONE] * len(sizes),
        name="vocabularies",
    )
    return dict(zip(sizes, paths, strict=True))


class Vocabularies(tft_beam.experimental.PTransformAnalyzer):
    """Batches of a column each to the path of a file for each column."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        super().__init__()
        self.sizes = dict(sizes)

    def expand(self, batches: beam.PCollection) -> tuple[beam.PCollection, ...]:
        names, folder = list(self.sizes), self.base_temp_dir
        files = (
            batches
            | "Count" >> beam.FlatMap(count, names)
            | "Add" >> beam.CombinePerKey(sum)
            | "ByColumn" >> beam.MapTuple(lambda key, number: (key[0], (number, key[1])))
            | "MostFrequent" >> beam.combiners.Top.LargestPerKey(max(self.sizes.values()))
            | "Gather" >> beam.combiners.ToDict()
            | "Write" >> beam.Map(write_vocabularies, self.sizes, folder)
        )
        return tuple(files | f"File{place}" >> beam.Map(itemgetter(place)) for place in range(len(names)))


def count(batch: tuple[np.ndarray, ...], names: list[str]) -> Iterator[Counts]:
    """Yields how often each value stands in a batch, by column and value."""
    for name, column in zip(names, batch, strict=True):
        for value, number in Counter(column.tolist()).items():
            if value and b"\n" not in value and b"\r" not in value:
                yield (name, value), number


def write_vocabularies(
    found: dict[str, list[tuple[int, bytes]]], sizes: dict[str, int], folder: str
) -> tuple[np.ndarray, ...]:
    """Writes a file for each column and returns their paths, each of no dimensions."""
    paths = []
    tf.io.gfile.makedirs(folder)
    for name, size in sizes.items():
        lines = [value for _, value in found.get(name, ())][:size] or [NONE]
        paths.append(np.array(os.path.join(folder, name), object))
        with tf.io.gfile.GFile(os.path.join(folder, name), "wb") as file:
            file.write(b"".join(line + b"\n" for line in lines))
    return tuple(paths)
