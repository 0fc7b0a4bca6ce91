"""The peak of a part of the work is its own, and that of a process that it started."""

import subprocess
import sys

import pytest

from pipelines.execution.memory import PeakMemory

MEBIBYTE = 1 << 20
SPAN = 64 * MEBIBYTE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a part of the work")


def test_what_was_held_is_counted_also_when_it_is_free_again():
    memory = PeakMemory()
    before = memory.read()
    bytes(bytearray(SPAN))
    assert memory.read() - before > SPAN


def test_what_was_held_before_is_not_counted():
    held = bytearray(SPAN)
    before = PeakMemory().read()
    del held
    assert PeakMemory().read() < before - SPAN / 2


def test_a_process_that_it_started_is_counted():
    memory = PeakMemory()
    subprocess.run([sys.executable, "-c", f"bytearray({40 * SPAN})"], check=True)
    assert memory.read() > 40 * SPAN
