"""What memory a part of this process's work took at most, as Linux counts it."""

import re
import resource
from contextlib import suppress
from pathlib import Path

_PROCESS = Path("/proc/self")
_RESET_PEAK = "5"  # of clear_refs: the peak of the resident set is the current one from then on (proc(5))


class PeakMemory:
    """The most that this process held since this was made, or one that it started and that has ended since.

    Of the latter, only one that held more than any before it is known: Linux keeps their maximum alone.
    """

    def __init__(self) -> None:
        self.children, self.known = _read_children(), False
        with suppress(OSError):  # no Linux, or a sandbox that does not let it
            (_PROCESS / "clear_refs").write_text(_RESET_PEAK)
            self.known = True

    def read(self) -> int | None:
        """Returns the bytes; None where this system does not tell."""
        if not self.known:
            return None
        found = re.search(r"VmHWM:\s*(\d+) kB", (_PROCESS / "status").read_text())
        children = _read_children()
        peak = int(found[1]) * 1024 if found else 0
        return max(peak, children if children > self.children else 0) or None


def _read_children() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
