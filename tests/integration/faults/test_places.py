"""Folders, files and locks that cannot be written or are something else: every verb says so in one paragraph."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pipelines.cli import app as cli
from tests.sandbox import Sandbox

VERBS = {  # with what each needs; those that serve or ask a cluster are not among them
    "run": ["--no-cache", "--until", "ExampleGen"],
    "runs": [],
    "report": [],
    "history": [],
    "schema show": [],
    "schema diff": [],
    "schema accept": [],
    "rollback": [],
    "promote": ["--reason", "x"],
    "predict": ["--row", '{"fare": 3, "trip_miles": 1, "trip_seconds": 60, "payment_type": "Cash", "company": null}'],
    "launch-node": ["--node", "ExampleGen", "--run-id", "r1"],
    "clean": [],  # the last: it removes what some of the faults are
}


def be_file(path: Path) -> None:
    """Puts a file in the place of whatever is there."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.write_text("")


def be_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def lock(path: Path) -> None:
    """Lets nobody write there; root may anywhere but to a disk that can only be read."""
    if os.geteuid():
        path.chmod(0o555)
        return
    for options in (["--bind", str(path), str(path)], ["-o", "remount,bind,ro", str(path)]):
        if subprocess.run(["mount", *options], capture_output=True).returncode:
            pytest.skip("root may not mount here, and nothing else stops it from writing")


FAULTS = {  # what is done to which place, and the verbs that must fail
    "workspace is a file": (be_file, "workspace", ["run", "launch-node"]),
    "the home is a file": (be_file, "workspace/trips", ["run", "launch-node"]),
    "the home cannot be written": (lock, "workspace/trips", ["run", "clean", "rollback", "launch-node"]),
    "the lock is a folder": (be_folder, "workspace/trips/lock", ["run", "clean", "launch-node"]),
    "the runs are a file": (be_file, "workspace/trips/runs", ["run", "launch-node"]),
    "the runs cannot be written": (lock, "workspace/trips/runs", ["run", "launch-node"]),
    "serving is a file": (be_file, "workspace/trips/serving", ["run", "rollback", "launch-node"]),
    "serving cannot be written": (lock, "workspace/trips/serving", ["run", "rollback", "launch-node"]),
    "the history is a folder": (be_folder, "workspace/trips/history.jsonl", ["rollback", "history"]),
    "the artifacts are a file": (be_file, "workspace/trips/artifacts", ["run", "launch-node"]),
    "the artifacts cannot be written": (lock, "workspace/trips/artifacts", ["run", "clean", "launch-node"]),
    "the metadata is a folder": (be_folder, "workspace/trips/metadata.db", ["run", "launch-node"]),
}


@pytest.fixture
def place(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A pipeline that has published, to be spoilt."""
    yield sandbox
    for _, name, _ in FAULTS.values():
        path = sandbox.folder / name
        if os.geteuid() == 0:
            subprocess.run(["umount", str(path)], capture_output=True)  # which fails where nothing is mounted
        elif path.is_dir():
            path.chmod(0o755)


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command in this process; returns its exit code and what it said."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["millrace", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return run


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_every_verb_says_in_a_paragraph_what_cannot_be_done(place: Sandbox, ask: Callable, fault: str) -> None:
    spoil, name, failing = FAULTS[fault]
    spoil(place.folder / name)
    told = {verb: ask(*verb.split(), str(place.config), *options) for verb, options in VERBS.items()}
    for verb, (code, said) in told.items():
        assert "Traceback" not in said, (verb, said)
        assert code in (0, 1, 2), (verb, code, said)
    for verb in failing:
        code, said = told[verb]
        assert code in (1, 2), (verb, code, said)
        assert str(place.home.root.parent) in said, (verb, said)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["init", "rows.csv", "--label", "big_tipper", "-o"],
        ["compile", "trips.yaml", "--set", "data.path=/workspace/rows.csv", "-o"],
        ["predict", "trips.yaml", "--input", "rows.csv", "--output"],
        ["schema", "accept", "trips.yaml", "-o"],
    ],
    ids=lambda command: command[0],
)
def test_a_target_that_cannot_be_written_is_told_by_every_verb(
    place: Sandbox, ask: Callable, command: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place.folder)
    Path("folder.csv").mkdir()
    for target in ("trips.yaml/x.csv", "folder.csv", "/sys/x.csv", "/dev/full/x.csv", f"{'x' * 300}.csv"):
        code, said = ask(*command, target)
        assert code == 2, (target, said)
        assert "Traceback" not in said, (target, said)
    assert sorted(os.listdir()) == ["folder.csv", "rows.csv", "trips.yaml", "workspace"]
