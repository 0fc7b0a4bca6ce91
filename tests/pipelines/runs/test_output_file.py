"""What a command writes is whole, and never over what it reads."""

import errno
import os
import re

import pytest

from configs.errors import ConfigError, MillraceError
from pipelines.runs.output_file import explain_target, refuse_sources, staged, write_output


def test_what_is_cut_short_leaves_nothing(tmp_path):
    path = tmp_path / "scored.csv"
    with pytest.raises(OSError, match="full"), staged(str(path)) as draft:
        draft.write_text("half")
        raise OSError("full")
    assert list(tmp_path.iterdir()) == []
    with staged(str(path)) as draft:
        draft.write_text("whole")
    assert [each.read_text() for each in tmp_path.iterdir()] == ["whole"]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "far/scored.csv")
    write_output(tmp_path / "link.csv", "whole")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "far/scored.csv").read_text() == "whole"


def test_a_pipe_is_written_to_and_stays(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_output(tmp_path / "pipe", "whole")
    assert os.read(reader, 99) == b"whole"
    os.close(reader)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_file_is_not_written_over_what_is_read_by_any_name(tmp_path):
    (tmp_path / "a").write_text("")
    (tmp_path / "b").symlink_to("a")
    os.link(tmp_path / "a", tmp_path / "c")
    for name in "abc":
        with pytest.raises(ConfigError, match=f"^{tmp_path / name}: this is .*which is read"):
            refuse_sources(tmp_path / name, ["absent", tmp_path / "a"])
    refuse_sources(tmp_path / "d", [tmp_path / "a"])


@pytest.mark.parametrize(
    ("target", "where", "what"),
    [
        ("file/x.yaml", "file", "cannot be written: is no folder, and one is needed here"),
        ("", "", "cannot be written: is a folder, and a file is needed here"),
    ],
)
def test_a_name_that_cannot_be_is_told(tmp_path, target, where, what):
    (tmp_path / "file").write_text("kept")
    with pytest.raises(ConfigError) as refused:
        write_output(tmp_path / target, "text")
    assert (refused.value.where, refused.value.what) == (str(tmp_path / where), what)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_who_is_at_fault_is_told_by_the_code(tmp_path):
    codes = {number: explain_target("x", OSError(number, os.strerror(number), "x")).exit_code for number in FAULTS}
    assert codes == FAULTS
    full = explain_target(tmp_path / "x", OSError(errno.ENOSPC, "full", str(tmp_path / "x")))
    assert re.fullmatch(r"cannot be written: the disk is full, [\d,]+ bytes are free", full.what)
    assert type(full) is MillraceError


FAULTS = {errno.EACCES: 2, errno.EROFS: 2, errno.ENOENT: 2, errno.ENOSPC: 1, errno.EIO: 1}
