import sys

import pytest

from bench.measure import measure

WORK = "import resource; block = bytearray(300 << 20); sum(range(5_000_000)); print('done')"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WORK!r}], check=True)"


def test_counts_what_a_child_of_the_process_uses(tmp_path):
    cost, output = measure([sys.executable, "-c", CHILD], tmp_path, {})
    assert output == "done\n"
    assert 0.05 < cost.cpu < 10
    assert cost.memory > 300
    assert cost.wall > 0.05
    assert cost.others >= 0


def test_gives_the_process_its_own_folder_and_settings(tmp_path):
    code = "import os, tempfile; print(tempfile.gettempdir(), os.environ['MODE'])"
    _, output = measure([sys.executable, "-c", code], tmp_path, {"MODE": "x"})
    assert output.split() == [str(tmp_path / "tmp"), "x"]


def test_a_failure_holds_what_the_process_said(tmp_path):
    with pytest.raises(ChildProcessError, match=r"(?s)ended with 3:.*no such data"):
        measure([sys.executable, "-c", "import sys; print('no such data', file=sys.stderr); sys.exit(3)"], tmp_path, {})
