"""Every verb that fails says so in one paragraph, and in JSON where it was asked for that."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
import typer

from configs.errors import ConfigError, DataRejected
from configs.repository import ROOT
from pipelines.cli import app as cli
from pipelines.cli.failure import asks_for_json, tell, understand


def list_verbs(command: object, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yields each verb by its words."""
    for word, inner in getattr(command, "commands", {}).items():
        yield from list_verbs(inner, (*name, word))
    if name and not hasattr(command, "commands"):
        yield name, command


VERBS = dict(list_verbs(typer.main.get_command(cli.app)))
SPEAKING = [words for words, verb in VERBS.items() if any("--output" in option.opts for option in verb.params)]
OF_A_RUN = ("watch", "cancel", "retry", "logs", "release", "open")  # verbs that need its id
NEEDED = {  # without which a verb looks at nothing
    "--label": "x", "--reason": "x", "--row": "{}", "--rows": "5", "--file": "out.yaml", "--into": "x.csv"
}  # fmt: skip


def run(arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Runs a command in this process, and returns what it ends with."""
    monkeypatch.setattr(sys, "argv", ["millrace", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def ask(words: Sequence[str], path: str) -> list[str]:
    """A command on a config or data, with what it needs, that asks for JSON."""
    options = {option for each in VERBS[tuple(words)].params for option in each.opts}
    given = [word for name, value in NEEDED.items() if name in options for word in (name, value)]
    run = ["r1"] if words[-1] in OF_A_RUN else []
    return [*words, *([path] if words != ("doctor",) else []), *run, *given, "--output", "json"]


def test_the_verbs_that_answer_in_json_are_these():
    known = {" ".join(words) for words in SPEAKING}
    assert known >= {"validate", "run", "runs list", "history", "schema show", "predict"}
    assert len(SPEAKING) > 15


@pytest.mark.parametrize("words", SPEAKING, ids=" ".join)
def test_an_option_that_is_none_is_told_in_json(words, monkeypatch, capsys):
    assert run([*ask(words, "x.yaml"), "--nonsense"], monkeypatch) == 2
    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert (error["exit_code"], "--nonsense" in error["what"]) == (2, True)
    assert error["remedy"] == f"See: millrace {' '.join(words)} --help"
    assert "--nonsense" in said.err


@pytest.mark.parametrize("words", [words for words in SPEAKING if words != ("doctor",)], ids=" ".join)
def test_a_config_that_is_wrong_is_told_in_json(words, monkeypatch, capsys, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("name: [")
    code = run(ask(words, str(path)), monkeypatch)
    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert error["exit_code"] == code in (2, 3)  # init takes it for data
    assert error["where"].startswith(str(path))
    assert said.err.startswith(f"{error['where']}: {error['what']}")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("path", ["configs/taxi.yaml", "absent.yaml"])
def test_an_answer_that_nobody_can_take_is_no_traceback(path):
    command = [sys.executable, "-m", "pipelines", "validate", path, "--output", "json"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == (1 if path != "absent.yaml" else 2)
    assert "Traceback (most recent call last):\n  File" not in done.stderr.partition("Exception ignored")[0]


def test_without_json_nothing_is_on_standard_output(monkeypatch, capsys, tmp_path):
    assert run(["validate", str(tmp_path / "absent.yaml")], monkeypatch) == 2
    assert capsys.readouterr().out == ""
    assert run(["validate", "--nonsense"], monkeypatch) == 2
    said = capsys.readouterr()
    assert (said.out, "--nonsense" in said.err) == ("", True)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["run", "x", "--output", "json"], True),
        (["run", "x", "--output=json"], True),
        (["run", "x", "--output", "text"], False),
        (["image", "x", "--", "--output", "json"], False),
        (["predict", "x", "--output", "json.csv"], False),
        ([], False),
    ],
)
def test_json_is_asked_for_by_an_option(arguments, wanted):
    assert asks_for_json(arguments) is wanted


def test_an_error_that_nobody_foresaw_keeps_its_traceback_and_is_json_as_well(capsys):
    with pytest.raises(ZeroDivisionError):
        tell(ZeroDivisionError("by zero"), as_json=True)
    assert json.loads(capsys.readouterr().out)["error"]["what"] == "ZeroDivisionError: by zero"
    assert understand(DataRejected("x")).exit_code == 3
    assert understand(OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), "/etc/passwd/x")).exit_code == 2
    assert isinstance(understand(typer.BadParameter("x")), ConfigError)
