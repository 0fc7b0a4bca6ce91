import numpy as np
import tensorflow as tf

from configs.samples.datasets import encode_png
from configs.schema.features import Image
from trainer.features.image import assemble, decode


def test_a_file_becomes_numbers_from_0_to_1_and_a_missing_one_black():
    png = encode_png([b"\x33\xff", b"\0\x33"])
    files = tf.constant([[png], [b""]])
    pixels = decode(files, Image(kind="image", height=2, width=2, channels=1)).numpy()
    np.testing.assert_allclose(pixels[..., 0], [[[0.2, 1.0], [0.0, 0.2]], [[0.0, 0.0], [0.0, 0.0]]], rtol=1e-6)


def test_a_file_of_another_size_is_resized():
    files = tf.constant([[encode_png([b"\x33\x33"] * 2)]])
    pixels = decode(files, Image(kind="image", height=1, width=3, channels=3)).numpy()
    np.testing.assert_allclose(pixels, np.full((1, 1, 3, 3), 0.2), rtol=1e-6)


def test_numbers_become_rows_of_pixels():
    feature = Image(kind="image", height=1, width=2, channels=1, columns=("a", "b"), maximum=4.0)
    numbers = tf.SparseTensor([[0, 0], [0, 1]], [1.0, 9.0], [2, 2])
    assert assemble(numbers, feature).numpy()[..., 0].tolist() == [[[0.25, 1.0]], [[0.0, 0.0]]]
