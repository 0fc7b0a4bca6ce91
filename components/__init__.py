"""The TFX nodes of the pipeline: configured ones, and the few that TFX lacks."""
