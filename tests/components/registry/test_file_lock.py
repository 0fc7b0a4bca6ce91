"""The lock on a file: one process has it, others wait or are told, and it ends with its holder."""

import subprocess
import sys
import time

import pytest

from components.registry.file_lock import hold_file
from configs.repository import ROOT

HOLDER = """
import sys, time
from pathlib import Path
from components.registry.file_lock import hold_file

with hold_file(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_holds_it_and_the_next_has_it_afterwards(tmp_path):
    path = tmp_path / "lock"
    with hold_file(path) as file:
        file.write("me")
        with pytest.raises(BlockingIOError, match="Another process holds .*lock"), hold_file(path):
            pass
    assert path.read_text() == "me"
    with hold_file(path) as file:
        file.write(" too")
    assert path.read_text() == "me too"


def test_patience_waits_and_ends(tmp_path):
    path = tmp_path / "lock"
    with hold_file(path):
        began = time.monotonic()
        with pytest.raises(BlockingIOError), hold_file(path, patience=0.2):
            pass
        assert 0.2 <= time.monotonic() - began < 5


def test_it_is_free_when_its_holder_is_killed(tmp_path):
    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(BlockingIOError), hold_file(path):
        pass
    holder.kill()
    holder.communicate()
    with hold_file(path):
        pass
