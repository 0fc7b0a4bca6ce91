"""A run's folder, its records, its lease and its metadata; begin with run.py."""
