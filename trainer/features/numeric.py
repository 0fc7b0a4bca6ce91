"""Numbers, all columns at once, since each thing that Transform learns costs it a second: imputed, scaled or cut."""

from collections.abc import Mapping

import tensorflow as tf
import tensorflow_transform as tft

from configs.schema.features import Numeric


def scale(options: Mapping[str, Numeric], columns: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns each column, [batch, 1], as its options say: a number, or the id of its bucket.

    They come as float32 [batch, 1] with NaN for what is missing; what is learnt is learnt from the others.
    """
    if not options:
        return {}
    logarithmic = tf.constant([option.scale == "log" for option in options.values()])
    seen = _shrink(tf.concat([columns[name] for name in options], axis=1), logarithmic)
    mean = tft.mean(seen, reduce_instance_dims=False)
    given = [float("nan") if option.impute == "mean" else option.impute for option in options.values()]
    imputed = _shrink(tf.constant(given), logarithmic)
    whole = tf.where(tf.math.is_nan(seen), tf.where(tf.math.is_nan(imputed), mean, imputed), seen)
    offset, unit = _units(list(options.values()), seen, mean)
    scaled = tf.split(tf.math.divide_no_nan(whole - offset, unit), len(options), axis=1)
    return dict(zip(options, scaled, strict=True)) | _cut(options, seen, whole)


def _shrink(numbers: tf.Tensor, where: tf.Tensor) -> tf.Tensor:
    """Returns sign(x) log(1 + |x|) of the columns for which `where` says so."""
    return tf.where(where, tf.sign(numbers) * tf.math.log1p(tf.abs(numbers)), numbers)


def _units(options: list[Numeric], seen: tf.Tensor, mean: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the zero and the one of each column's scale, [columns]."""
    ranged = tf.constant([option.scale == "min_max" for option in options])
    standard = tf.constant([option.scale in ("z_score", "log") for option in options])
    offset = tf.where(standard, mean, 0.0)
    unit = tf.where(standard, tf.sqrt(tft.var(seen, reduce_instance_dims=False)), 1.0)
    if not any(option.scale == "min_max" for option in options):
        return offset, unit
    absent = tf.math.is_nan(seen)
    low = tft.min(tf.where(absent, float("inf"), seen), reduce_instance_dims=False)
    high = tft.max(tf.where(absent, -float("inf"), seen), reduce_instance_dims=False)
    return tf.where(ranged, low, offset), tf.where(ranged, high - low, unit)


def _cut(options: Mapping[str, Numeric], seen: tf.Tensor, whole: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns the ids, int64 [batch, 1], of the quantiles that the columns with `buckets` fall into."""
    cut = {}
    for buckets in sorted({option.buckets for option in options.values() if option.buckets}):
        places = {name: place for place, name in enumerate(options) if options[name].buckets == buckets}
        values = tf.gather(seen, list(places.values()), axis=1)
        edges = tft.quantiles(values, buckets, epsilon=0.01, reduce_instance_dims=False)
        for row, (name, place) in enumerate(places.items()):
            cut[name] = tft.apply_buckets(whole[:, place : place + 1], edges[row : row + 1])
    return cut
