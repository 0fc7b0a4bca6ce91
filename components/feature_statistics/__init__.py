"""TFDV's statistics of a split, in one pass over its batches; begin with `combiner.py`."""
