"""The verbs that talk to a server, as a user types them; the server is a stand-in on a real socket."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.cli import app
from tests.fakes.compiled_pipeline import PIPELINE, SCHEDULED
from tests.fakes.kfp_server import KfpServer, serving
from tests.sandbox import YAML, Answer

Command = Callable[..., Answer]


@pytest.fixture
def server() -> Iterator[KfpServer]:
    with serving() as state:
        yield state


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "trips.yaml"
    path.write_text(YAML + "schedule: {cron: 0 3 * * 1}\n")
    (tmp_path / "compiled.yaml").write_text(PIPELINE)
    (tmp_path / "scheduled.yaml").write_text(SCHEDULED)
    return str(path)


@pytest.fixture
def millrace(
    server: KfpServer, config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs a command on the config and the server."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HOME", str(Path(config).parent))

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["millrace", *arguments, "--host", server.host])
        with pytest.raises(SystemExit) as exit:
            app.main()
        said = capsys.readouterr()
        return Answer(int(exit.value.code or 0), said.out, said.err)

    return run


def compiled(config: str) -> tuple[str, str]:
    return "--compiled", str(Path(config).parent / "compiled.yaml")


def scheduled(config: str) -> tuple[str, str]:
    return "--compiled", str(Path(config).parent / "scheduled.yaml")
