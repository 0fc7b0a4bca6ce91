"""When a pipeline trains by itself on one machine, and why; begin with decision.py."""
