import pytest

from configs.errors import DataRejected
from tests.components.readers.rows import read


def test_a_file_that_is_not_there_is_rejected(tmp_path):
    with pytest.raises(DataRejected, match="cannot be read .No such file or directory"):
        list(read(tmp_path / "rows.csv"))
