"""How far a node is."""

import logging

import pytest

from configs import progress
from configs.progress import PROGRESS, Pulse, RowCount, introduced, spell_duration


def test_what_goes_on_is_told_now_and_then(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.4, 0.6, 0.9, 1.2])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    pulse = Pulse()
    with caplog.at_level(logging.INFO, "millrace.progress"):
        for rows in (1000, 2000, 3000, 4000):
            pulse.tell("%s rows", f"{rows:,}")
    assert caplog.messages == ["2,000 rows", "4,000 rows"]


def test_rows_are_counted_and_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0)
    done = RowCount("learnt from")
    with caplog.at_level(logging.INFO, "millrace.progress"):
        for rows in (1, 1999):
            done.add(rows)
    assert caplog.messages == ["1 row learnt from", "2,000 rows learnt from"]


@pytest.mark.parametrize(("seconds", "told"), [(0.4, "0 s"), (89, "89 s"), (200, "3 min"), (9000, "2.5 h")])
def test_a_duration_is_told_about(seconds: float, told: str) -> None:
    assert spell_duration(seconds) == told


def test_progress_is_introduced_while_one_of_several_is_at_work(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, PROGRESS.name):
        with introduced("fold 2 of 5"):
            PROGRESS.info("step %d", 3)
        PROGRESS.info("done")
    assert caplog.messages == ["fold 2 of 5, step 3", "done"]
