"""An engine's worker writes splits, and does without TensorFlow, which takes longer to load than many rows to write."""

import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from components.examples.division import Plan
from components.examples.shards import read_columns, staged
from components.examples.split_writer import WriteShards
from components.examples.splits import assign_splits
from components.readers.ranges import Range
from components.validation.typed_batch import assign_roles
from configs.loading.loader import load
from configs.repository import ROOT
from tests.sandbox import Sandbox

HEAVY = ("tensorflow", "tfx", "tensorflow_data_validation", "tensorflow_transform", "tensorflow_model_analysis")
WORK = f"""
import pickle, sys
written, unit = pickle.load(sys.stdin.buffer)
written.process(unit)
sys.stdout.write(", ".join(sorted(set({HEAVY}) & set(sys.modules))))
"""


@pytest.mark.slow
def test_a_worker_writes_shards_without_tensorflow(tmp_path: Path) -> None:
    place = Sandbox(tmp_path).furnish()
    plan, splits = Plan("csv", assign_roles(load(place.config))), ["train", "eval"]
    folders = [str(tmp_path / "made" / f"Split-{split}") for split in splits]
    unit = ([Range(str(place.data))], "data_tfrecord-00000-of-00001.gz", partial(assign_splits, parts=[3, 1]))
    with staged(str(tmp_path / "made"), splits) as staging:
        told = pickle.dumps((WriteShards(plan, folders, staging), unit))
        done = subprocess.run([sys.executable, "-c", WORK], input=told, cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr.decode()
    rows = [sum(map(len, read_columns(f"{folder}/data_tfrecord-00000-of-00001.gz", None, 500))) for folder in folders]
    assert sum(rows) == 2000
    assert 1400 < rows[0] < 1600
