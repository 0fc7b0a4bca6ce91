"""The TFDV schema: inferred, read, widened; begin with evolution.py."""
