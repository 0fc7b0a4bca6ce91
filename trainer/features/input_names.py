"""What the tensors of raw columns are called, where TensorFlow takes not every name that a column may have."""

import re
from collections.abc import Iterable

RESERVED = "self"  # what SavedModel's own functions call an argument


def name_inputs(features: Iterable[str]) -> dict[str, str]:
    """Returns what the tensor of each feature is called: as the feature, with _ for what TensorFlow takes in no name.

    It takes letters of English, digits and _; two names of the same letters in another case are one. A name that would
    begin otherwise than with a letter, and one of which nothing is left, begins with `column_`.
    """
    tidy = {feature: _tidy(feature) for feature in features}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for feature, name in sorted(tidy.items(), key=lambda pair: pair[0] != pair[1]):  # its own name comes first
        while name.lower() in taken:
            name += "_"
        names[feature] = name
        taken.add(name.lower())
    return {feature: names[feature] for feature in tidy}


def _tidy(feature: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]", "_", feature)
    return name if name[:1].isalpha() and name != RESERVED else f"column_{name}"
