"""What runs, where and when: the graph, its launch, its backends and the command line."""
