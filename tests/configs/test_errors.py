import errno
import os
import pickle
import re

import pytest

from configs.errors import (
    BY_EXIT_CODE,
    ConfigError,
    DataRejected,
    MillraceError,
    NotBlessed,
    PipelineBusy,
    explain,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MillraceError("it broke"), "it broke"),
        (MillraceError("it broke", "Trainer"), "Trainer: it broke"),
        (ConfigError("it broke", "a.yaml:3:name", "Mend it."), "a.yaml:3:name: it broke. Mend it."),
        (DataRejected("It broke!", remedy="Mend it."), "It broke! Mend it."),
    ],
)
def test_an_error_says_where_then_what_then_the_remedy(error: MillraceError, text: str) -> None:
    assert str(error) == text


def test_each_kind_has_its_exit_code() -> None:
    assert {1: MillraceError, 2: ConfigError, 3: DataRejected, 4: NotBlessed, 5: PipelineBusy} == BY_EXIT_CODE


def test_an_error_crosses_from_one_process_to_another() -> None:
    there = pickle.loads(pickle.dumps(NotBlessed("auc is too low", "Evaluator", "Train more.", {"auc": 0.5})))
    assert (type(there), there.what, there.where, there.remedy, there.details) == (
        NotBlessed,
        "auc is too low",
        "Evaluator",
        "Train more.",
        {"auc": 0.5},
    )


@pytest.mark.parametrize(
    ("act", "code", "where", "what"),
    [
        (lambda folder: (folder / "file/x").mkdir(), 2, "file", "is no folder, and one is needed here"),
        (lambda folder: (folder / "file/x/y").mkdir(parents=True), 2, "file", "is no folder, and one is needed here"),
        (lambda folder: (folder / "file").mkdir(exist_ok=True), 2, "file", "is no folder, and one is needed here"),
        (lambda folder: folder.write_text(""), 2, "", "is a folder, and a file is needed here"),
        (lambda folder: (folder / "absent").read_text(), 2, "absent", "no such file or directory"),
        (lambda folder: (folder / ("x" * 999)).read_text(), 2, "x" * 999, "file name too long"),
    ],
)
def test_a_name_that_cannot_be_is_the_users_fault(tmp_path, act, code, where, what):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError) as refused:
        act(tmp_path)
    told = explain(refused.value)
    assert (told.exit_code, told.where, told.what) == (code, str(tmp_path / where), what)


@pytest.mark.parametrize(
    ("number", "what"),
    [
        (errno.EACCES, r"the user \w+ may not do this: Permission denied"),
        (errno.EROFS, "Read-only file system"),
        (errno.ENOSPC, r"the disk is full, [\d,]+ bytes are free"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_machine_refuses_is_its_own_fault(tmp_path, number, what):
    told = explain(OSError(number, os.strerror(number), str(tmp_path / "a" / "b")))
    assert (told.exit_code, told.where) == (1, str(tmp_path / "a" / "b"))
    assert re.fullmatch(what, told.what)
    assert explain(OSError(number, os.strerror(number))).where == ""
