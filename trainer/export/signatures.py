"""What an exported model is asked by, what it answers with, and where the model lies that is judged in its place."""

from collections.abc import Collection

SERVING, RAW, TRANSFORM = "serving_default", "serving_raw", "transform_features"
PREDICTION, CLASSES, SCORES = "prediction", "classes", "scores"
EXAMPLES = "examples"  # the tensor of serialized tf.Examples
JUDGED = "assets.extra/judged/Format-Serving"  # in a model of all rows, that which judges it; TFX calls a folder so
SPENT = "assets.extra/privacy.json"  # of a model whose training counted what it tells of a row
FOLDS = "assets.extra/folds.json"  # in one that answers a row by a model that has not seen it: how many folds


def find_free(name: str, taken: Collection[str]) -> str:
    """Returns the name, with as many _ behind as it takes to be none of those that are taken."""
    while name in taken:
        name += "_"
    return name
