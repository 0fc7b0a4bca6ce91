"""A month in the life of a pipeline: real taxi trips, the real daemon, and a clock that is set."""
