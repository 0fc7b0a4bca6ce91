"""The metadata store: where it is, and what it says of a run."""

import pytest
from ml_metadata.metadata_store import MetadataStore

from configs.errors import ConfigError, MillraceError
from configs.schema.config import Config
from configs.schema.storage import Storage
from pipelines.runs.mlmd import Execution, connection, read_executions
from tests.fakes import metadata_store


def stored(config: Config, url: str) -> Config:
    return config.model_copy(update={"storage": Storage(root=config.storage.root, metadata=url)})


def test_sqlite_lies_at_home(config: Config) -> None:
    assert connection(config).sqlite.filename_uri == str(config.home.root / "metadata.db")
    assert MetadataStore(connection(config)).get_executions() == []
    assert config.home.metadata.exists()


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("mysql://me:secret@somewhere:3307/runs", ("somewhere", 3307, "runs", "me", "secret")),
        ("mysql://me:p%40ss%2Fword@10.0.0.1/runs", ("10.0.0.1", 3306, "runs", "me", "p@ss/word")),
        ("mysql://somewhere/runs", ("somewhere", 3306, "runs", "", "")),
    ],
)
def test_mysql_is_reached_as_the_url_says(config: Config, url: str, found: tuple[str, int, str, str, str]) -> None:
    mysql = connection(stored(config, url)).mysql
    assert (mysql.host, mysql.port, mysql.database, mysql.user, mysql.password) == found


@pytest.mark.parametrize(
    "url", ["postgres://me@somewhere/runs", "mysql://somewhere", "mysql:///runs", "mysql://somewhere:port/runs", "runs"]
)
def test_what_is_no_store_is_refused(config: Config, url: str) -> None:
    with pytest.raises(ConfigError, match=r"^storage\.metadata: This is not a metadata store\. Write mysql://"):
        connection(stored(config, url))


def test_a_run_has_the_executions_of_its_own_nodes(config: Config) -> None:
    to = connection(config)
    metadata_store.record(to, "taxi", "r1", {"ExampleGen": Execution.COMPLETE, "Trainer": Execution.RUNNING})
    metadata_store.record(to, "taxi", "r2", {"ExampleGen": Execution.CACHED})
    metadata_store.record(to, "taxi2", "r1", {"Pusher": Execution.COMPLETE})
    found = {node: execution.last_known_state for node, execution in read_executions(to, "taxi", "r1").items()}
    assert found == {"ExampleGen": Execution.COMPLETE, "Trainer": Execution.RUNNING}
    assert list(read_executions(to, "taxi", "r2")) == ["ExampleGen"]
    assert read_executions(to, "taxi", "r3") == {}


def test_a_damaged_store_is_named(config: Config) -> None:
    to = connection(config)
    config.home.metadata.write_bytes(bytes(range(256)) * 64)
    with pytest.raises(MillraceError, match="The metadata store cannot be used: .*not a database") as error:
        read_executions(to, "taxi", "r1")
    assert error.value.where == str(config.home.metadata)
    assert "millrace clean" in error.value.remedy


def test_a_store_that_does_not_answer_is_named(config: Config, unused_port: int) -> None:
    to = connection(stored(config, f"mysql://me:secret@127.0.0.1:{unused_port}/runs"))
    with pytest.raises(MillraceError, match="The metadata store cannot be used") as error:
        read_executions(to, "taxi", "r1")
    assert error.value.where == f"127.0.0.1:{unused_port}"
    assert "secret" not in str(error.value)
