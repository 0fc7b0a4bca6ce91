"""What is a worker's own of a training's rows; several workers at once are in test_keras_workers.py."""

import numpy as np
import pytest
import tensorflow as tf

from configs.errors import MillraceError
from configs.schema.training import Training
from tests.trainer.training.test_dataset import COUNT, SPEC, folder, numbers  # noqa: F401  # a fixture
from trainer.training.dataset import Rows
from trainer.training.share import Share


def share_of(folder, share, **training):  # noqa: F811
    return Rows([f"{folder}/*.gz"], SPEC, "label", "weight", Training(**training), share)


def test_who_trains_alone_has_all_and_writes_it():
    share, rows = Share.here(), tf.data.Dataset.range(5)
    assert share == Share(0, 1) and share.leads
    assert share.read(rows, 5) is rows and share.spread(rows) is rows
    assert share.gather(np.array([1.0, 2.0])).tolist() == [[1.0, 2.0]]


def test_of_workers_each_reads_other_records_and_one_writes():
    shares = [Share(number, 3) for number in range(3)]
    assert [list(each.read(tf.data.Dataset.range(7), 3).as_numpy_iterator()) for each in shares] == [
        [0, 3, 6],
        [1, 4],
        [2, 5],
    ]
    assert [each.leads for each in shares] == [True, False, False]


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_workers_have_as_many_rows_each_and_none_in_common(folder, cache):  # noqa: F811
    """Of 1,000 rows in two files, seven workers leave out six."""
    parts = [share_of(folder, Share(number, 7), cache=cache) for number in range(7)]
    assert {(part.whole, part.count, part.held is None) for part in parts} == {(COUNT, COUNT // 7, cache == "none")}
    looked_at = [numbers(part.batches(50)) for part in parts]
    assert {len(found) for found in looked_at} == {COUNT // 7}
    assert len({number for found in looked_at for number in found}) == COUNT // 7 * 7
    feeds = [part.feed(50) for part in parts]
    assert {feed.steps for feed in feeds} == {3}
    for found, feed in zip(looked_at, feeds, strict=True):
        first, second = (numbers(feed.make(tf.constant(epoch, tf.int64))) for epoch in (0, 1))
        assert first != second and sorted(first) == sorted(second) == sorted(found)


def test_more_workers_than_rows_are_refused(folder):  # noqa: F811
    with pytest.raises(MillraceError, match=r"1001 workers are to share 1,000 rows\. Set training\.workers to 1\."):
        share_of(folder, Share(0, 1001))
