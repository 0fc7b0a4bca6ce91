import pytest

from configs.errors import ConfigError
from configs.schema.metadata_store import Database, read_database


def test_a_url_names_a_database_and_an_account():
    assert read_database("mysql://me:s%40x@db.example/millrace", "") == Database(
        "db.example", 3306, "millrace", "me", "s@x"
    )
    assert read_database("mysql://db:3307/x/", "") == Database("db", 3307, "x", "", "")


WRONG = ["", "x", "mysqlx://u:p@h/d", "mysql://h", "mysql:///d", "mysql://h:0/d", "mysql://h:1e5/d", "mysql://[/d"]


@pytest.mark.parametrize("url", [*WRONG, "mysql://h/a/b"])
def test_another_url_is_refused_where_it_stands(url):
    with pytest.raises(ConfigError, match=r"^file\.yaml:3: This is not a metadata store\. Write mysql://") as refused:
        read_database(url, "file.yaml:3")
    assert refused.value.exit_code == 2
