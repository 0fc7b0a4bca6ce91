"""The command line as a whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from configs.repository import ROOT
from pipelines.cli.app import app


def test_the_version_is_that_of_the_package() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.output) == (0, "millrace 0.1.0\n")
    assert 'version="0.1.0"' in (ROOT / "setup.py").read_text()


def test_the_shell_completes_the_names_of_nodes() -> None:
    words = "millrace run line.yaml --until Tr"
    asked = {"_MILLRACE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "4"}
    command = [sys.executable, "-m", "pipelines"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **asked}, capture_output=True, text=True)
    assert done.stdout.split() == ["Transform", "Trainer"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["schema", "diff"], "no run has come to StatisticsGen yet"),
        (["serve"], "nothing is in service yet"),
        (["run", "--set", "model={family: custom, module: absent.py}"], "there is no file"),
    ],
)
def test_what_needs_no_tensorflow_is_told_without_it(tmp_path: Path, arguments: list[str], told: str) -> None:
    """No run yet, nothing in service, no module: each is told before the libraries are loaded, which takes seconds."""
    code = (
        "import sys; from pipelines.cli.app import app; from configs.errors import MillraceError\n"
        f"try: app({[*arguments, 'line.yaml']!r}, standalone_mode=False)\n"
        "except MillraceError as error: print(error)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    (tmp_path / "line.yaml").write_text((ROOT / "configs" / "line.yaml").read_text())
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert told in done.stdout
    assert {"tensorflow", "tfx", "keras", "apache_beam"} & set(done.stdout.split()) == set()
