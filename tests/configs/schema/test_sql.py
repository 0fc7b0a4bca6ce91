"""How a database is named: by a URL without a password."""

import pytest

from configs.schema.data import Data
from configs.schema.sql import check_database


@pytest.mark.parametrize(
    "url",
    ["postgresql://shop@db:5432/shop", "mariadb://db/shop", "sqlite:////data/shop.db", "bigquery://project"],
)
def test_a_database_is_named_by_its_url(url: str) -> None:
    assert check_database(url) == url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://shop:secret@db/shop", "holds a password"),
        ("oracle://db/shop", "known are postgresql, mysql"),
        ("shop.db", "names a database"),
        ("postgresql://", "names a database"),
        ("sqlite:///shop.db", "is absolute"),
    ],
)
def test_what_names_no_database_is_refused(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check_database(url)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"format": "sql", "path": "mysql://db/shop"}, "has a query where its format is sql"),
        ({"format": "csv", "path": "a.csv", "query": "SELECT 1"}, "has a query where its format is sql"),
        ({"format": "csv", "path": "a.csv", "password_env": "SHOP"}, "nothing that is asked of a database"),
    ],
)
def test_a_query_and_its_database_come_together(keys: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Data.model_validate(keys)
