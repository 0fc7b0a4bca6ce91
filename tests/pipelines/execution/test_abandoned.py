"""A run that nobody ends any more is closed by a person's word."""

from pathlib import Path

import pytest

from configs.errors import ConfigError, MillraceError, PipelineBusy
from configs.schema.config import Config
from configs.schema.storage import Storage
from pipelines.execution.abandoned import release_run
from pipelines.execution.container_entrypoint import run_step
from pipelines.runs.directory import begin_run, find_record
from pipelines.runs.lease import find_holder, take_lease
from pipelines.runs.run import Run


@pytest.fixture
def shared(config: Config, database: str, tmp_path: Path) -> Config:
    """A pipeline in a database, whose run r1 was begun and is not heard of any more."""
    storage = Storage(root=str(tmp_path), metadata=database)
    made = config.model_copy(update={"name": f"p{abs(hash(tmp_path))}", "storage": storage})
    begin_run(made, Run(made.home, "r1"))
    take_lease(made, "r1")
    return made


@pytest.mark.slow
def test_it_is_closed_and_frees_what_it_held_with_who_and_why_on_record(shared: Config) -> None:
    record = release_run(shared, Run(shared.home, "r1"), "me@here", "its node is gone")
    assert record["exit_code"] == 1
    assert record["error"]["what"] == "The run was released by me@here: its node is gone"
    assert find_record(shared.home, "r1")["error"] == record["error"]
    assert find_holder(shared) is None
    take_lease(shared, "r2")
    with pytest.raises(MillraceError, match="This run has ended"):
        run_step(shared, Run(shared.home, "r1"), ["Pusher"], True, print)
    with pytest.raises(ConfigError, match="run r1 has ended, and holds nothing"):
        release_run(shared, Run(shared.home, "r1"), "me@here", "")
    with pytest.raises(PipelineBusy, match="run r2"):
        take_lease(shared, "r3")


def test_on_one_machine_there_is_nothing_to_release(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"^storage\.metadata: One machine has no lease"):
        release_run(config, Run(config.home, "r1"), "me@here", "")
