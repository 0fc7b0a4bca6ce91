"""Someone is told what became of a pipeline; begin with announcement.py."""
