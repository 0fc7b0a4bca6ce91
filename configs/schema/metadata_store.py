"""Where a pipeline's metadata lies that several machines share: a MySQL database, named by a URL."""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from configs.errors import ConfigError

PORT = 3306


@dataclass(frozen=True)
class Database:
    """A MySQL database, and the account that opens it."""

    host: str
    port: int
    name: str
    user: str
    password: str


def read_database(url: str, where: str) -> Database:
    """Returns what a URL names, mysql://USER:PASSWORD@HOST:PORT/DATABASE; raises ConfigError, and tells no password."""
    with suppress(ValueError):  # a port that is no number, a host in half a bracket
        parts = urlsplit(url)
        port, name = parts.port if parts.port is not None else PORT, parts.path.strip("/")
        if parts.scheme == "mysql" and parts.hostname and name and "/" not in name and port:
            user, password = unquote(parts.username or ""), unquote(parts.password or "")
            return Database(parts.hostname, port, name, user, password)
    remedy = "Write mysql://USER:PASSWORD@HOST:PORT/DATABASE, an @ in a password as %40, or leave it out for SQLite."
    raise ConfigError("This is not a metadata store.", where, remedy)
