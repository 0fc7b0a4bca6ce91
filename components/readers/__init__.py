"""From files to rows, once for training and for scoring; begin with formats.py, which lists the formats."""
