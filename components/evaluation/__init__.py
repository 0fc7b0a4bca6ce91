"""What TFMA measures, for which rows, and how it is read back; begin with results.py."""
