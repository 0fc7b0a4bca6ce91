"""The files beside the data that a config names, looked for before a run begins."""

from pathlib import Path

from configs.copies import is_url
from configs.errors import ConfigError
from configs.loading.error_messages import suggest
from configs.schema.config import Config


def require_files(config: Config) -> None:
    """Raise ConfigError where a module, a curated schema, a golden set or a pretrained network is not there."""
    named = {
        "model.module": getattr(config.model, "module", None),
        "data.schema_file": config.data.schema_file,
        "evaluation.golden": config.evaluation.golden,
    }
    for name, encoder in getattr(config.model, "encoders", {}).items():
        named[f"model.encoders.{name}.path"] = getattr(encoder, "path", None)
    for key, name in named.items():
        if name and not is_url(name) and not Path(name).is_file():
            there = [path.name for path in Path(name).parent.glob("*") if path.is_file()]
            raise ConfigError(f"there is no file {name}", key, suggest(Path(name).name, there) or "Correct the path.")
