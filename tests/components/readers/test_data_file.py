import gzip
import random

import pytest

from components.validation.validate import check_file
from configs.errors import DataRejected
from configs.schema.dialect import PLAIN, Dialect
from tests.components.readers.rows import read


def test_a_file_that_is_not_there_is_rejected(tmp_path):
    with pytest.raises(DataRejected, match="cannot be read .No such file or directory"):
        list(read(tmp_path / "rows.csv"))


@pytest.mark.parametrize(
    ("name", "dialect", "content", "what"),
    [
        ("a.csv", Dialect(encoding="utf-16"), "a,b\n1,ü\n".encode("utf-16")[:-1], "The file is not utf-16: "),
        ("a.csv", Dialect(encoding="ascii"), "a,b\n1,ü\n".encode(), "The file is not ascii: "),
        (
            "a.csv.gz",
            PLAIN,
            gzip.compress(random.Random(1).randbytes(9999), mtime=0)[:5000],
            "The file cannot be read (",
        ),
        ("a.csv.gz", PLAIN, b"a,b\n1,2\n", "The file cannot be read ("),
    ],
)
def test_what_cannot_be_decoded_is_refused(tmp_path, name, dialect, content, what):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataRejected) as caught:
        check_file(str(path), "csv", {}, dialect=dialect)
    assert caught.value.what.startswith(what)
