"""Cells of the features that no table of figures shows: texts, pictures and series, as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from components.explanation.examples import Picture, show

EACH = 5  # cells of a feature
STEPS = 64  # of a series, the last ones


def choose_samples(
    rows: pa.RecordBatch, features: Sequence[str], pictures: Mapping[str, Picture]
) -> list[dict[str, Any]]:
    """Returns some of the cells of each feature, of the first rows that have one: each a `text`, `image` or `series`.

    The rows are drawn at random already.
    """
    found = []
    for name in features:
        cells = [cell.as_py() for cell in rows.column(rows.schema.get_field_index(name))[: 10 * EACH]]
        told = [cell for cell in cells if cell][:EACH]
        found.append({"feature": name, "cells": [sample(cell, pictures.get(name)) for cell in told]})
    return found


def sample(cell: list[Any], picture: Picture | None) -> dict[str, Any]:
    """Returns a cell as a page draws it."""
    if picture or isinstance(cell[0], bytes):
        return dict(show(cell, picture))
    return {"series": [float(f"{number:.5g}") for number in cell[-STEPS:]]}
