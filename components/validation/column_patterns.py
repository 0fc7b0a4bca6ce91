"""Patterns among a config's features, such as `pixel_*`, made the columns of the data that they stand for."""

import glob
import math
from collections.abc import Sequence
from fnmatch import fnmatchcase

from configs.errors import ConfigError
from configs.quantities import count
from configs.schema.config import Config
from configs.schema.features import Feature, Image, Steps, list_columns


def resolve(config: Config) -> Config:
    """Return the config expanded by the header of its first data file, which is read only if there is a pattern."""
    named = [*config.features, *(name for feature in config.features.values() for name in list_columns(feature))]
    if not any(map(glob.has_magic, named)):
        return expand(config, named)
    if config.data.query:
        pattern = next(filter(glob.has_magic, named))
        raise ConfigError(f"'{pattern}' is a pattern, and of a query each column is named", f"features.{pattern}")
    from components.readers import spans  # only here, since Arrow takes a while to load
    from components.readers.formats import find_format

    path = spans.list_data(config.data)[0]
    return expand(config, find_format(path, config.data.format, config.data.dialect).read_header(path))


def expand(config: Config, header: Sequence[str]) -> Config:
    """Return the config with the columns that match in place of each pattern, if nothing else in it names them.

    Of several patterns the first has the column, and none has one that `privacy` drops; those that a feature is made of
    come in the order of the header. Raises ConfigError for a pattern that is left without any, and for a feature that
    is made of too few or too many.
    """
    sliced = (column for columns in config.evaluation.slices for column in columns)
    parts = (name for feature in config.features.values() for name in list_columns(feature))
    label = (config.label.name, *(config.label.columns or ()))
    named = {*label, config.data.weight, config.clients, *config.data.groups, *sliced, *parts, *config.features}
    free = [name for name in header if name and name not in named and config.find_mask(name) != "drop"]
    features: dict[str, Feature] = {}
    in_window = config.data.window is not None

    def find(pattern: str, key: str) -> list[str]:
        if not glob.has_magic(pattern) or pattern in header:
            return [pattern]
        found = [name for name in free if fnmatchcase(name, pattern)]
        if not found:
            what = f"the pattern '{pattern}' matches no column that has no other part in this config"
            raise ConfigError(what, key, f"The data has the columns {', '.join(header)}.")
        for name in found:
            free.remove(name)
        return found

    for key, feature in config.features.items():
        if isinstance(feature, Image | Steps) and feature.columns:
            place = f"features.{key}.columns"
            columns = tuple(name for part in list_columns(feature) for name in find(part, place))
            features[key] = _require_size(feature.model_copy(update={"columns": columns}), place, in_window)
        else:
            features |= dict.fromkeys(find(key, f"features.{key}"), feature)
    return config.model_copy(update={"features": features})


def _require_size(feature: Image | Steps, place: str, in_window: bool) -> Feature:
    """Return the feature if it has the columns that it needs; in a window they are those of one step."""
    if isinstance(feature, Image):
        sides = {"height": feature.height, "width": feature.width, "channels": feature.channels}
    else:
        sides = {"width": feature.width} if in_window else {"length": feature.length, "width": feature.width}
    found, needed = len(list_columns(feature)), math.prod(sides.values())
    if found == needed:
        return feature
    product = " x ".join(f"{name} {side}" for name, side in sides.items())
    raise ConfigError(f"found {count(found, 'column')}, and {product} needs {needed}", place, "Correct one of them.")
