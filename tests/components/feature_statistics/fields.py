"""Statistics held against one another, field by field."""

import pytest
from google.protobuf.json_format import MessageToDict


def flatten(value, path=""):
    """The fields of a message as plain data, by where they stand."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        return {place: leaf for key, part in parts for place, leaf in flatten(part, f"{path}.{key}").items()}
    return {path: value}


def approximate(path, value):
    """What a field may be: numpy 2 lets TFDV add up the counts of equal widths as float32."""
    if not isinstance(value, float):
        return value
    rough = "histograms.0" in path
    return pytest.approx(value, rel=1e-3 if rough else 1e-9, abs=1e-2 if rough else 1e-9, nan_ok=True)


def check(found, expected, but=()):
    """Holds two features against one another, in all fields but those whose path holds one of some words."""
    made, stock = (
        {path: leaf for path, leaf in flatten(MessageToDict(feature)).items() if not any(word in path for word in but)}
        for feature in (found, expected)
    )
    assert made == {path: approximate(path, leaf) for path, leaf in stock.items()}
