"""The command line as a whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from configs.repository import ROOT
from pipelines.cli.app import app, main
from tests.pipelines.conftest import free_port


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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("line.yaml", "--set", "storage.root=elsewhere"), "elsewhere/line/serving: nothing is in service yet"),
        (("elsewhere/line",), "elsewhere/line/serving: nothing is in service yet"),
        (
            ("elsewhere/line", "--set", "storage.root=here"),
            "elsewhere/line: a folder has no keys that --set could change",
        ),
        (("elsewhere/other",), "elsewhere/other"),
    ],
)
def test_serve_looks_where_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "line.yaml").write_text((ROOT / "configs" / "line.yaml").read_text())
    (tmp_path / "elsewhere" / "line").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["serve", "--port", str(free_port()), *arguments])
    assert told in str(done.exception)


@pytest.mark.parametrize("verb", ["rollback", "promote", "predict"])
def test_a_verb_looks_where_set_says(tmp_path: Path, verb: str) -> None:
    arguments = {"promote": ["--reason", "x"], "predict": ["--row", "{}"]}.get(verb, [])
    config = str(ROOT / "configs" / "line.yaml")
    done = CliRunner().invoke(app, [verb, config, "--set", f"storage.root={tmp_path}", *arguments])
    assert f"{tmp_path}/line" in f"{done.output}{done.exception}"


def test_history_looks_where_set_says(tmp_path: Path) -> None:
    line = {"number": 7, "at": "now", "event": "published", "of": None, "run": "r", "by": "me", "metrics": {}}
    (tmp_path / "line").mkdir()
    (tmp_path / "line" / "history.jsonl").write_text(json.dumps(line | {"reason": ""}) + "\n")
    config = str(ROOT / "configs" / "line.yaml")
    done = CliRunner().invoke(app, ["history", config, "--set", f"storage.root={tmp_path}", "--output", "json"])
    assert [event["number"] for event in json.loads(done.output)] == [7]


@pytest.mark.parametrize(("before", "after"), [(None, "passive"), ("active", "active")])
def test_threads_of_trees_that_wait_give_their_core_away(
    monkeypatch: pytest.MonkeyPatch, before: str | None, after: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["millrace", "--version"])
    monkeypatch.delenv("OMP_WAIT_POLICY")
    if before:
        monkeypatch.setenv("OMP_WAIT_POLICY", before)
    with pytest.raises(SystemExit):
        main()
    assert os.environ["OMP_WAIT_POLICY"] == after
