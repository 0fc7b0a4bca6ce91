"""One node, one launch, wherever it runs; begin with node_launcher.py."""
