"""The process that asks a model once: it says in a line what is wrong, and loads no Python of TensorFlow's."""

import subprocess
import sys

from configs.repository import ROOT


def test_it_loads_no_python_of_tensorflow():
    code = "import components.scoring.probe, sys; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_folder_without_a_model_is_said_in_the_last_line(tmp_path):
    command = [sys.executable, "-m", "components.scoring.probe", str(tmp_path)]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert asked.returncode == 1
    assert "SavedModel" in asked.stderr.splitlines()[-1]
    assert "Traceback" not in asked.stderr
