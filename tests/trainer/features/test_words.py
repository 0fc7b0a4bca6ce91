"""Words and their places in a vocabulary."""

import tensorflow as tf

from configs.schema.features import Words
from trainer.features.words import number, open_table, split

REVIEW = Words(kind="text", vocabulary=9, length=3)


def test_words_are_what_letters_marks_and_digits_make_in_lower_case():
    texts = tf.constant([["Good, GOOD größe!"], ["naïve e\u0301a 4x4 and more"], [""], ["?!"]])
    assert split(texts, REVIEW).to_list() == [
        [b"good", b"good", "größe".encode()],
        ["naïve".encode(), "e\u0301a".encode(), b"4x4"],
        [],
        [],
    ]


def test_each_sign_of_a_script_without_blanks_is_a_word_and_each_emoji():
    texts = tf.constant([["这个a很"], ["good😡👎"], ["❤\ufe0f 5°"]])
    assert split(texts, REVIEW).to_list() == [
        ["这".encode(), "个".encode(), b"a"],
        [b"good", "😡".encode(), "👎".encode()],
        ["❤\ufe0f".encode(), b"5"],
    ]


def test_places_begin_after_padding_and_what_is_not_known_comes_last(tmp_path):
    path = tmp_path / "words"
    path.write_text("good\nbad\n")
    words = tf.ragged.constant([["bad", "good", "odd"], ["odd"], []])
    ids = number(words, open_table(str(path), 1), REVIEW)
    assert ids.numpy().tolist() == [[2, 1, 3], [3, 0, 0], [0, 0, 0]]
    assert ids.shape[1:] == (3,)


def test_values_that_are_not_known_share_the_buckets_behind(tmp_path):
    path = tmp_path / "values"
    path.write_text("red\nblue\n")
    table = open_table(str(path), 3)
    ids = table.lookup(tf.constant([["blue"], ["red"], ["x"], ["y"], [""]])).numpy().ravel()
    assert ids[:2].tolist() == [1, 0]
    assert set(ids[2:]) <= {2, 3, 4}
