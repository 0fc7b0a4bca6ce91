"""Measures Millrace beside TFX's own taxi example and beside plain scripts: `make bench`."""
