"""What an exported model is asked by, and what it answers with."""

from collections.abc import Collection

SERVING, RAW, TRANSFORM = "serving_default", "serving_raw", "transform_features"
PREDICTION, CLASSES, SCORES = "prediction", "classes", "scores"
EXAMPLES = "examples"  # the tensor of serialized tf.Examples


def find_free(name: str, taken: Collection[str]) -> str:
    """Returns the name, with as many _ behind as it takes to be none of those that are taken."""
    while name in taken:
        name += "_"
    return name
