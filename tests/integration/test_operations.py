"""What docs/operations.md says of back-up and deletion, done as it says."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from components.registry.versions import in_service
from configs.repository import ROOT
from tests.fakes import mariadb
from tests.pipelines.conftest import free_port
from tests.sandbox import Sandbox

pytestmark = pytest.mark.slow
PAGE = (ROOT / "docs/operations.md").read_text()
SAVE, RESTORE, DUMP, LOAD, SAVE_REGISTRY = (
    command.replace("taxi", "trips") for command in re.findall(r"```sh\n(.*)\n```", PAGE)
)
ROW = '{"fare": 3, "trip_miles": 1, "trip_seconds": 60, "payment_type": "Cash", "company": null}'


def ask(place: Sandbox, verb: str, *arguments: str) -> object:
    answer = place.millrace(verb, *arguments, "--output", "json")
    assert answer.code == 0, answer.stdout + answer.stderr
    return json.loads(answer.stdout)


def sh(place: Sandbox, command: str) -> int:
    return subprocess.call(["sh", "-c", command], cwd=place.folder)


def test_a_home_that_was_put_back_is_what_it_was(sandbox: Sandbox) -> None:
    before = ask(sandbox, "history"), ask(sandbox, "predict", "--row", ROW)
    assert sh(sandbox, SAVE) == 0
    shutil.rmtree(sandbox.home.root)
    assert sandbox.millrace("predict", "--row", ROW).code == 1
    assert sh(sandbox, RESTORE) == 0
    assert (ask(sandbox, "history"), ask(sandbox, "predict", "--row", ROW)) == before
    again = sandbox.run()
    assert (again.code, again.record["repeats"]) == (0, before[0][0]["run"])


@pytest.mark.full
@pytest.mark.skipif(mariadb.missing() != [], reason="apt-get install mariadb-server")
def test_metadata_in_a_database_are_put_back_with_the_folder(tmp_path: Path) -> None:
    place = Sandbox(tmp_path).furnish()
    with mariadb.serve(free_port()) as url:
        store = ("--set", f"storage.metadata={url}")
        first = place.run(*store)
        assert first.code == 0, first.stdout + first.stderr
        before = ask(place, "history"), ask(place, "predict", "--row", ROW)
        write_client(place.folder / "mysql.cnf", url)
        dump, load = (command.replace(" millrace ", " runs ") for command in (DUMP, LOAD))
        assert (sh(place, dump), sh(place, SAVE)) == (0, 0)
        shutil.rmtree(place.home.root)
        assert sh(place, "mysql --defaults-extra-file=mysql.cnf -e 'DROP DATABASE runs; CREATE DATABASE runs'") == 0
        assert (sh(place, RESTORE), sh(place, load)) == (0, 0)
        assert (ask(place, "history"), ask(place, "predict", "--row", ROW)) == before
        again = place.run(*store)
        assert again.code == 0, again.stdout + again.stderr
        anew = {node for node, state in again.states.items() if state != "cached"}
        assert anew == {"SchemaGen", "DataGate", "Pusher"}  # since a version is in service now
        assert len(ask(place, "history")) == 1


def write_client(path: Path, url: str) -> None:
    address = urlsplit(url)
    password = unquote(address.password)
    path.write_text(
        f"[client]\nhost={address.hostname}\nport={address.port}\nuser={address.username}\npassword={password}\n"
    )


def test_no_back_up_is_made_while_a_run_writes(sandbox: Sandbox) -> None:
    with sandbox.home.lock.open("a") as lock:
        subprocess.run(["flock", "-n", str(lock.fileno())], pass_fds=[lock.fileno()], check=True)
        assert sh(sandbox, SAVE) != 0


def test_the_registry_alone_is_enough_to_answer_and_older_versions_may_go(sandbox: Sandbox) -> None:
    answers = ask(sandbox, "predict", "--row", ROW)
    assert sh(sandbox, SAVE_REGISTRY) == 0
    shutil.rmtree(sandbox.home.root)
    assert (
        sh(sandbox, f"mkdir -p workspace && tar -xzf {re.search(r'[a-z-]+.tgz', SAVE_REGISTRY)[0]} -C workspace") == 0
    )
    assert ask(sandbox, "predict", "--row", ROW) == answers
    assert in_service(sandbox.home).number == 1
    assert len(ask(sandbox, "history")) == 1


def test_what_the_page_says_may_be_deleted_is_all_that_there_is(sandbox: Sandbox) -> None:
    named = set(re.findall(r"`([a-z0-9_.]+)(?:/[^`]*)?`", PAGE.partition("## What may be deleted")[2]))
    assert {Path(name).name for name in sandbox.home.root.iterdir()} - {"checkpoints"} <= named
