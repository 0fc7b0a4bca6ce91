"""Where the columns of a shard lie, beside its tf.Examples."""

from trainer.training.split_files import find_columns


def test_columns_lie_beside_the_examples_of_their_split() -> None:
    assert find_columns("/a/1/Split-train/data-0.gz") == "/a/1/Columns-train/data-0.parquet"
