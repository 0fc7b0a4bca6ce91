"""Holds the rows of a folder, or trains on them, in a process that may be in a control group of its own.

Takes a folder, `training.cache`, and the file by which to enter the group, or nothing; answers with JSON.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

if __name__ == "__main__" and len(sys.argv) > 3:
    Path(sys.argv[3]).write_text(str(os.getpid()))

import psutil
import tensorflow as tf

from configs.schema.training import Training
from trainer.training.dataset import Rows

WIDTH = 20
SPEC = {"numbers": tf.io.FixedLenFeature([WIDTH], tf.float32), "label": tf.io.FixedLenFeature([1], tf.float32)}


def main(folder: str, cache: str) -> None:
    list(
        tf.data.Dataset.range(10).map(lambda number: number, num_parallel_calls=tf.data.AUTOTUNE)
    )  # starts its threads
    before = psutil.Process().memory_info().rss
    rows = Rows([f"{folder}/*.gz"], SPEC, "label", None, Training(cache=cache))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    began, seen = time.monotonic(), 0
    for columns, _ in rows.feed(1024).once():
        seen += len(columns["numbers"])
    told = {
        "count": rows.count,
        "held": rows.held is not None,
        "seen": seen,
        "peak": (peak - before) / (rows.count * rows.width),
        "rate": seen / (time.monotonic() - began),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
