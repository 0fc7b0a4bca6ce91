"""Which nodes there are, who waits for whom, and what each reaches; begin with nodes.py."""
