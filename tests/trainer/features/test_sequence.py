import tensorflow as tf

from trainer.features.sequence import bound, pad_ids


def test_ids_are_cut_and_padded_behind_and_begin_at_1():
    ids = tf.sparse.from_dense(tf.constant([[5, 1, 2, 3], [2, 0, 0, 0]], tf.int64))
    padded = pad_ids(ids, count=4, length=3)
    assert padded.numpy().tolist() == [[5, 2, 3], [3, 0, 0]]  # 5 is none of the four, and stands for all such
    assert padded.shape == (2, 3)


def test_an_id_that_is_none_becomes_the_one_after_the_last():
    assert bound(tf.constant([0, 3, 4, -1], tf.int64), 4).numpy().tolist() == [0, 3, 4, 4]
