"""A secret that a config names: read anew each time, since a file may be renewed."""

import os
from pathlib import Path

from configs.errors import ConfigError


def read_secret(env: str | None, file: str | None, where: str) -> str:
    """Returns what a variable of the environment or a file holds; raises ConfigError, which names the key, without."""
    return _of_environment(env, where) if env else _of_file(str(file), where)


def _of_environment(variable: str, where: str) -> str:
    if secret := os.environ.get(variable, "").strip():
        return secret
    raise ConfigError(f"the environment has no variable '{variable}'", f"{where}.env", f"Set {variable}.")


def _of_file(file: str, where: str) -> str:
    try:
        secret = Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"{file} cannot be read: {reason}", f"{where}.file") from None
    if secret:
        return secret
    raise ConfigError(f"{file} is empty", f"{where}.file")
