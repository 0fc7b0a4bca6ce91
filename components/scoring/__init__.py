"""Rows through a published model, in batches; begin with scorer.py."""
