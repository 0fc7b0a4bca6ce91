"""Cells that stand for a missing value, made null."""

import pyarrow as pa
import pyarrow.compute as pc


def blank(array: pa.Array, found: pa.Array) -> pa.Array:
    """Returns the array with null where `found` is true or null.

    With a null scalar in place of the nulls, pyarrow 18 returns bytes of elsewhere for a slice of texts.
    """
    return pc.if_else(found, pa.nulls(len(array), array.type), array)
