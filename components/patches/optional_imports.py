"""What libraries load beside them and nothing here uses is left out."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from components.patches.ledger import Patch, admit


@contextmanager
def left_out(patch: Patch) -> Iterator[None]:
    """Lets what is imported meanwhile find a patch's modules missing; afterwards they can be imported as ever."""
    absent = [name for name in patch.replaces if name not in sys.modules] if admit(patch) else []
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is Python's own mark of a missing module
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
