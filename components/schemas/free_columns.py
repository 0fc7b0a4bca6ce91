"""The columns whose values no rule can bound."""

from configs.schema.config import Config
from configs.schema.evaluation import ORIGIN

ENDLESS = ("text", "timestamp", "image")


def free(config: Config) -> list[str]:
    """Returns the columns whose values no rule can bound: ENDLESS kinds, groups, clients. New ones are no surprise."""
    endless = (name for name, feature in config.features.items() if feature.kind in ENDLESS)
    origins = (ORIGIN,) if config.evaluation.backtest else ()
    clients = (config.clients,) if config.clients else ()
    return list(dict.fromkeys((*endless, *config.data.groups, *clients, *origins)))
