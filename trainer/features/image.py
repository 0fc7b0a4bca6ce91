"""Images: PNG and JPEG files, or numbers of pixels, as float32 [batch, height, width, channels] from 0 to 1."""

import base64

import tensorflow as tf

from configs.schema.features import Image

# A missing image is black: this PNG file of a single black pixel, resized.
BLACK = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAADUlEQVR4AQECAP3/AAAAAgABfgUN0gAAAABJRU5ErkJggg=="
)


def decode(cells: tf.Tensor, feature: Image) -> tf.Tensor:
    """Returns the images of files, [batch, 1], "" where there is none, resized by bilinear interpolation if need be."""
    files = tf.where(cells == "", BLACK, cells)[:, 0]
    size = (feature.height, feature.width)

    def decode_one(file: tf.Tensor) -> tf.Tensor:
        pixels = tf.io.decode_image(file, channels=feature.channels, expand_animations=False)
        pixels = tf.ensure_shape(pixels, [None, None, feature.channels])
        return tf.image.resize(tf.cast(pixels, tf.float32) / 255.0, size, antialias=True)

    pictures = tf.map_fn(decode_one, files, fn_output_signature=tf.float32)
    return tf.ensure_shape(tf.clip_by_value(pictures, 0.0, 1.0), [None, *size, feature.channels])


def assemble(values: tf.SparseTensor, feature: Image) -> tf.Tensor:
    """Returns the images of numbers from 0 to the feature's `maximum`, row by row; a missing one is black."""
    shape = tf.stack([values.dense_shape[0], feature.size])
    numbers = tf.sparse.to_dense(tf.SparseTensor(values.indices, values.values, shape))
    pictures = tf.clip_by_value(numbers / feature.maximum, 0.0, 1.0)
    return tf.reshape(pictures, [-1, feature.height, feature.width, feature.channels])
