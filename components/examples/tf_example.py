"""Typed Arrow batches as tf.Examples: what is trained on, and what a served model is asked with."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder


def encode_examples(batch: pa.RecordBatch) -> list[bytes]:
    """Return a serialized tf.Example for each row; a null is a feature that is absent."""
    return RecordBatchToExamplesEncoder().encode(list_cells(batch))


def encode_in_order(batch: pa.RecordBatch) -> list[bytes]:
    """Return the same examples of the same bytes each time: their features stand in the order of their names.

    The entries of a map have no order when it is serialized; but messages behind each other are one when they are read
    (https://protobuf.dev/programming-guides/encoding/#last-one-wins), and so are examples of a feature each.
    """
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    texts = [_encode_column(name, _list_cells(columns[name])) for name in sorted(columns)]
    return pc.binary_join_element_wise(*texts, pa.scalar(b"", pa.large_binary())).to_pylist()


def _encode_column(name: str, cells: pa.LargeListArray) -> pa.LargeBinaryArray:
    """Return an example of one feature for each cell; where few cells differ, those alone are encoded."""
    counts = cells.value_lengths()
    if pc.min_max(counts).as_py() == {"min": 1, "max": 1}:
        values = cells.flatten().dictionary_encode()
        if 2 * len(values.dictionary) < len(values):
            lists = pa.LargeListArray.from_arrays(np.arange(len(values.dictionary) + 1), values.dictionary)
            there = counts.is_valid().to_numpy(zero_copy_only=False)
            places = np.zeros(len(cells), np.int64)
            places[there] = values.indices.to_numpy(zero_copy_only=False)
            found = _encode_cells(name, lists).take(pa.array(places, mask=~there))
            return found.fill_null(_encode_cells(name, pa.nulls(1, cells.type))[0])
    return _encode_cells(name, cells)


def _encode_cells(name: str, cells: pa.LargeListArray) -> pa.LargeBinaryArray:
    batch = pa.RecordBatch.from_arrays([cells], [name])
    return pa.array(RecordBatchToExamplesEncoder().encode(batch), pa.large_binary())


def list_cells(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch as tf.Examples are decoded: each cell a list, of one or of several, or null."""
    return pa.RecordBatch.from_arrays([_list_cells(column) for column in batch.columns], batch.schema.names)


def _list_cells(column: pa.Array) -> pa.LargeListArray:
    if pa.types.is_large_list(column.type):
        return column
    if pa.types.is_list(column.type):
        return column.cast(pa.large_list(_binary(column.type.value_type)))
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(valid)])
    offsets = pa.array(ends, pa.int64(), mask=np.append(~valid, False))
    cells = column.drop_null()
    return pa.LargeListArray.from_arrays(offsets, cells.cast(_binary(cells.type)))


def _binary(kind: pa.DataType) -> pa.DataType:
    return pa.large_binary() if pa.types.is_string(kind) or pa.types.is_binary(kind) else kind
