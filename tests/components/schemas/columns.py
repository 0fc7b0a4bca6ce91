"""Columns of taxi trips as a schema was inferred from them, and as they came later."""

from functools import cache

import pandas as pd
import tensorflow_data_validation as tfdv

from components.schemas.evolution import compare, observe
from components.schemas.tfdv_schema import infer

OLD = {"company": ["Blue", "Red"], "miles": [1.0, 3.0]}
NEW = {"train": {"company": ["Blue", "Green"], "miles": [1.0, 30.0]}, "test": {"company": ["Jade"], "miles": [-2.5]}}


def statistics(**columns):
    return tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns))


@cache
def known():
    """The schema of the old ones."""
    return infer({"train": statistics(**OLD)})


@cache
def new():
    """The statistics of the new ones, by split."""
    return {split: statistics(**columns) for split, columns in NEW.items()}


def changes(schema, splits):
    return [(change.column, change.change, change.text) for change in compare(schema, observe(splits))]
