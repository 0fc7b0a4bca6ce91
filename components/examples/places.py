"""Where the splits of an artifact of examples lie, known without TensorFlow."""

EXAMPLES, COLUMNS = "Split-", "Columns-"  # how the folders of a split begin; TFX knows the first
