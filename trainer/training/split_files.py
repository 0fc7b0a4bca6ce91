"""Where the files of a split lie: tf.Examples, and the same rows as columns beside them. Known without TensorFlow."""

import os
from pathlib import PurePath

EXAMPLES, COLUMNS = "Split-", "Columns-"  # how the folders of a split begin; TFX knows the first


def find_columns(examples: str) -> str:
    """Returns where the columns lie of a shard whose tf.Examples lie there."""
    path = PurePath(examples)
    folder = path.parent.name.removeprefix(EXAMPLES)
    return os.path.join(os.path.dirname(os.path.dirname(examples)), COLUMNS + folder, f"{path.stem}.parquet")
