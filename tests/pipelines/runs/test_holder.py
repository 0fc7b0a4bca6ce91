"""A process tells another's death by its number, its beginning, its boot and its host; in doubt it lives."""

import os
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from configs.repository import ROOT
from pipelines.runs.holder import Holder

TELL = "from pipelines.runs.holder import Holder; print(Holder.here(), flush=True); import time; time.sleep(60)"


@pytest.fixture
def other():
    """A process, and what it says of itself."""
    process = subprocess.Popen([sys.executable, "-c", TELL], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process, Holder.parse(process.stdout.readline())
    process.kill()
    process.communicate()


def test_it_survives_as_a_text_that_fits_the_table():
    here = Holder.here()
    assert (here.host, here.pid) == (socket.gethostname(), os.getpid())
    assert here.began > 0
    assert Holder.parse(str(here)) == here
    assert len(str(replace(here, host="h" * 64))) <= 255
    assert here.describe() == f"process {os.getpid()} on {socket.gethostname()}"


@pytest.mark.parametrize("text", ["pod-1", "", "12", "{}", '{"pid": 3}', "[]"])
def test_what_names_no_process_is_never_dead(text):
    assert Holder.parse(text) == Holder(text)
    assert not Holder.parse(text).is_dead()


def test_a_process_is_dead_once_it_is_killed_whether_or_not_its_parent_knows(other):
    process, holder = other
    assert not holder.is_dead()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays, as one that nobody has buried
    assert holder.is_dead()
    process.wait()
    assert holder.is_dead()


def test_a_number_that_was_given_again_and_another_boot_are_told_from_it(other):
    _, holder = other
    assert replace(holder, began=holder.began - 1).is_dead()
    assert replace(holder, boot="before").is_dead()


def test_of_another_machine_or_another_space_of_numbers_nothing_is_known(other):
    process, holder = other
    process.kill()
    process.wait()
    for strange in ({"host": "elsewhere"}, {"machine": "another"}, {"space": 1}):
        assert not replace(holder, **strange).is_dead()
