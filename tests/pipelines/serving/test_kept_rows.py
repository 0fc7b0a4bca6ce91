"""Where the rows lie that a version was trained on and judged by."""

from types import SimpleNamespace

import pytest
from pyarrow import parquet

from configs.errors import MillraceError
from pipelines.serving.batch_predict import choose_version
from pipelines.serving.kept_rows import find_rows
from tests.sandbox import Sandbox


@pytest.mark.slow
def test_each_split_has_its_own(published: Sandbox) -> None:
    version, config = choose_version(published.home, None)
    rows = {split: parquet.read_table(find_rows(published.home, version, split)) for split in ("train", "eval", "test")}
    assert rows["train"].num_rows > rows["test"].num_rows > 0
    assert set(rows["eval"].column_names) == {*config.features, config.label.name}


@pytest.mark.slow
def test_those_of_a_run_that_is_gone_are_said_to_be(published: Sandbox) -> None:
    no_run = SimpleNamespace(number=7, manifest={"run": "20200101-000000-00000000"})
    with pytest.raises(MillraceError, match="The rows that version 7 was trained on are gone"):
        find_rows(published.home, no_run, "train")
