"""From files to Arrow; begin with files.py, which knows the formats."""
