"""From rows to tf.Examples in shards: splits, windows, encoding; begin with tf_example.py."""
