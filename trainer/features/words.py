"""Texts and categories: the values that a vocabulary is learnt of, and their places in it."""

import tensorflow as tf

from configs.schema.features import Words
from configs.schema.words import NO_WORD, SIGN


def open_table(path: str, buckets: int) -> tf.lookup.StaticVocabularyTable:
    """Returns what knows the place of each line of a file; all other values share the buckets behind, by their hash."""
    lines = tf.lookup.TextFileInitializer(
        path, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
    )
    return tf.lookup.StaticVocabularyTable(lines, buckets, lookup_key_dtype=tf.string)


def split(texts: tf.Tensor, feature: Words) -> tf.RaggedTensor:
    """Returns the first words of [batch, 1] texts, in lower case: what letters, marks and digits make.

    Each sign of Chinese and the like is a word, and each emoji.
    """
    lower = tf.strings.lower(texts[:, 0], encoding="utf-8")
    lower = tf.strings.regex_replace(lower, SIGN, r" \1 ")
    return tf.strings.split(tf.strings.regex_replace(lower, NO_WORD, " "))[:, : feature.length]


def number(words: tf.RaggedTensor, table: tf.lookup.StaticVocabularyTable, feature: Words) -> tf.Tensor:
    """Returns the places of the words, int64 [batch, length], from 1 on; 0 is padding."""
    ids = words.with_values(table.lookup(words.values) + 1)
    return ids.to_tensor(shape=[None, feature.length])
