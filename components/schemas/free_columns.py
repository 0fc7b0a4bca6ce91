"""The columns whose values no rule can bound."""

from configs.schema.config import Config
from configs.schema.evaluation import ORIGIN

ENDLESS = ("text", "timestamp", "image")


def free(config: Config) -> list[str]:
    """Returns the columns whose values no rule can bound, since new ones are no surprise: ENDLESS kinds, and groups."""
    endless = (name for name, feature in config.features.items() if feature.kind in ENDLESS)
    origins = (ORIGIN,) if config.evaluation.backtest else ()
    return list(dict.fromkeys((*endless, *config.data.groups, *origins)))
