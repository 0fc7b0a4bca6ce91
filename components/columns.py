"""Patterns among a config's features, such as `pixel_*`, made the columns of the data that they stand for."""

import glob
from collections.abc import Sequence
from fnmatch import fnmatchcase

from components import preflight, sources
from configs.errors import ConfigError
from configs.features import Feature
from configs.schema import Config


def resolve(config: Config) -> Config:
    """Return the config expanded by the header of its first data file, which is read only if there is a pattern."""
    if not any(map(glob.has_magic, config.features)):
        return config
    files = sources.list_files(*sources.find_data(config.data.path), config.data.format)
    return expand(config, preflight.read_header(files[0], config.data.format))


def expand(config: Config, header: Sequence[str]) -> Config:
    """Return the config with a feature for each column that a pattern matches, and that nothing else in it names.

    Of several patterns the first has the column. Raises ConfigError for a pattern that is left without any.
    """
    sliced = (column for columns in config.evaluation.slices for column in columns)
    named = {config.label.name, config.data.weight, config.data.group, *sliced, *config.features}
    free = [name for name in header if name and name not in named]
    features: dict[str, Feature] = {}
    for key, feature in config.features.items():
        columns = [key]
        if glob.has_magic(key) and key not in header:
            columns = [name for name in free if fnmatchcase(name, key) and name not in features]
        if not columns:
            what = f"the pattern '{key}' matches no column that has no other part in this config"
            raise ConfigError(what, f"features.{key}", f"The data has the columns {', '.join(header)}.")
        features |= dict.fromkeys(columns, feature)
    return config.model_copy(update={"features": features})
