"""Why a model answers as it does: over all rows, and for one; begin with importance.py."""
