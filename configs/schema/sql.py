"""How a database is named: a URL that holds no password."""

import re

SCHEMES = ("postgresql", "mysql", "mariadb", "sqlite", "bigquery")
EXAMPLE = "postgresql://USER@HOST:5432/DATABASE"


def check_database(url: str) -> str:
    """Returns the URL of a database; raises ValueError for what is none, and for one that holds a password."""
    scheme, _, place = url.partition("://")
    if scheme not in SCHEMES or not place.strip("/"):
        raise ValueError(f"of sql names a database, like {EXAMPLE}; known are {', '.join(SCHEMES)}")
    if re.match(r"[^/]*:[^/]*@", place):
        raise ValueError("holds a password: leave it out, and let data.password_env name the variable that holds it")
    if scheme == "sqlite" and not place.startswith("//"):
        raise ValueError("of sqlite is absolute, as sqlite:////data/shop.db")
    return url
