"""The sandbox itself, as far as a failing test needs it."""

import pytest

from tests.sandbox import LAST, Sandbox


def test_the_end_of_the_newest_log_is_shown(fresh: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    log = fresh.home.run("r") / "log.txt"
    log.parent.mkdir(parents=True)
    log.write_text("\n".join(map(str, range(100))))
    fresh.show_log()
    assert capsys.readouterr().err.splitlines() == [f"The end of {log}:", *map(str, range(100 - LAST, 100))]


def test_a_run_that_did_not_begin_has_no_log(fresh: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    fresh.show_log()
    assert capsys.readouterr().err == ""
