import os
import sys

import pytest

from components.patches.stderr import silence


def test_what_libraries_write_is_dropped_until_afterwards(capfd):
    with pytest.raises(ZeroDivisionError), silence():
        os.write(2, b"chatter")
        sys.stdout.write("an answer")
        1 / 0  # noqa: B018
    os.write(2, b"afterwards")
    assert capfd.readouterr() == ("an answer", "afterwards")
