"""`make audit` fails at what is known against a locked package, unless somebody has accepted it and says why."""

import importlib.util
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
HASH = f"    --hash=sha256:{'0' * 64}"
LOCK = f"# made by hand\nfoo==1.2 \\\n{HASH}\n    # via bar\nbar==3.0 ; python_full_version >= '3.11' \\\n{HASH}\n"
ADVISORY = """\
id: PYSEC-2026-1
aliases: [CVE-2026-7]
affected:
- package: {ecosystem: PyPI, name: Foo}
  ranges:
  - type: ECOSYSTEM
    events: [{introduced: "0"}, {fixed: "1.0"}, {introduced: "1.1"}, {fixed: "1.3"}]
"""
ENTRY = {"id": "CVE-2026-7", "package": "foo", "date": date.today(), "reason": "old", "reach": "nowhere"}


def load_audit() -> Any:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "requirements/audit.py")
    assert spec and spec.loader
    module = sys.modules["audit"] = importlib.util.module_from_spec(spec)  # as dataclasses look for it
    spec.loader.exec_module(module)
    return module


audit = load_audit()


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    folder = tmp_path / "requirements"
    folder.mkdir()
    (folder / "legacy.txt").write_text(LOCK)
    (folder / "legacy-dev.txt").write_text(f"foo==1.2 \\\n{HASH}\n")
    (folder / "protos").mkdir()
    (folder / "protos" / "2.14.txt").write_text(f"bar==3.0 \\\n{HASH}\nbaz==1 \\\n{HASH}\n")
    accept(folder)
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "advisories"
    (folder / "vulns" / "foo").mkdir(parents=True)
    (folder / "vulns" / "foo" / "PYSEC-2026-1.yaml").write_text(ADVISORY)
    return folder


def accept(folder: Path, *entries: dict[str, Any]) -> None:
    with (folder / "accepted.yaml").open("w") as file:
        YAML().dump(list(entries), file)


def run(locks: Path, *options: str | Path) -> tuple[int, str]:
    command = [sys.executable, ROOT / "requirements/audit.py", "--locks", locks, *options]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.stderr == ""
    return answer.returncode, answer.stdout


def test_what_is_known_and_not_accepted_fails_and_names_package_lock_and_mend(locks: Path, database: Path) -> None:
    assert run(locks, "--database", database) == (
        1,
        "foo 1.2 (legacy, legacy-dev): PYSEC-2026-1, CVE-2026-7; mended in 1.3\n"
        "3 packages, 1 found, 0 accepted, 1 to be seen to.\n",
    )
    accept(locks, ENTRY)
    assert run(locks, "--database", database) == (0, "3 packages, 1 found, 1 accepted, 0 to be seen to.\n")


@pytest.mark.parametrize("key", ["date", "reason", "reach"])
def test_an_acceptance_says_since_when_why_and_what_reaches_it(locks: Path, key: str) -> None:
    accept(locks, {**ENTRY, key: None})
    code, said = run(locks, "--offline")
    assert (code, said.partition(": ")[2]) == (1, f"CVE-2026-7 does not say its {key}.\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"package": "gone"}, "CVE-2026-7 was accepted of gone, which is in no lock: take it out"),
        ({"date": date.today() - timedelta(days=400)}, "look at it again"),
    ],
)
def test_an_acceptance_ends(locks: Path, change: dict[str, Any], said: str) -> None:
    accept(locks, {**ENTRY, **change})
    code, text = run(locks, "--offline")
    assert code == 1 and said in text


@pytest.mark.parametrize(
    ("version", "fix"),
    [("0.9", "1.0"), ("1.0", None), ("1.1", "1.3"), ("1.3", None), ("1.2rc1", "1.3"), ("2!1.2", None)],
)
def test_a_version_is_affected_from_what_was_introduced_to_what_is_fixed(version: str, fix: str | None) -> None:
    affected = YAML(typ="safe", pure=True).load(ADVISORY)["affected"][0]
    assert audit.find_fix(affected, audit.Version(version)) == fix


def test_a_version_may_be_the_last_that_is_affected_or_be_named(locks: Path) -> None:
    last = {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"last_affected": "1.2"}]}]}
    found = [audit.find_fix(last, audit.Version(version)) for version in ("0.9", "1.2", "1.3")]
    assert found == [None, "", None]
    endless = {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}
    assert audit.find_fix(endless, audit.Version("9")) == ""
    named = {"versions": ["1.2"], "ranges": [{"type": "GIT", "events": [{"introduced": "abc"}]}]}
    assert [audit.find_fix(named, audit.Version(version)) for version in ("1.2", "1.3")] == ["", None]


def test_a_folder_that_is_no_database_has_not_said_that_all_is_well(locks: Path, tmp_path: Path) -> None:
    code, said = run(locks, "--database", tmp_path)
    assert code == 1 and "is no copy of github.com/pypa/advisory-database" in said


PIP_AUDIT = """
import json, pathlib, sys
asked = pathlib.Path(sys.argv[sys.argv.index("-r") + 1]).read_text().split()
if sys.argv[sys.argv.index("-s") + 1] == "pypi":
    sys.exit("connection refused")
known = {{"foo": {vulns}}}
print(json.dumps({{"dependencies": [
    {{"name": n, "version": v, "vulns": known.get(n, [])}} for n, v in (line.split("==") for line in asked)
][{left_out}:]}}))
"""
KNOWN = [{"id": "GHSA-x", "aliases": ["CVE-2026-7"], "fix_versions": ["1.3"], "description": ""}]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What stands for pip-audit, whose first service does not answer."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fakes"))

    def answer(left_out: int = 0, code: str = PIP_AUDIT) -> None:
        place = tmp_path / "fakes" / "pip_audit"
        place.mkdir(parents=True)
        (place / "__init__.py").touch()
        (place / "__main__.py").write_text(code.format(vulns=json.dumps(KNOWN), left_out=left_out))

    return answer


def test_the_next_service_is_asked_where_one_does_not_answer(locks: Path, service: Any) -> None:
    service()
    code, said = run(locks)
    assert (code, said.splitlines()[0]) == (1, "foo 1.2 (legacy, legacy-dev): GHSA-x, CVE-2026-7; mended in 1.3")
    accept(locks, ENTRY)
    assert run(locks)[0] == 0


def test_no_answer_and_half_an_answer_are_no_audit(locks: Path, service: Any) -> None:
    service(left_out=1)
    code, said = run(locks)
    assert code == 1
    assert said.startswith(
        "Nothing was audited, since no vulnerability service answered (pypi: connection refused; osv: "
    )


def test_two_versions_of_a_package_are_asked_one_after_the_other() -> None:
    assert audit.divide([("a", "1"), ("a", "2"), ("b", "1")]) == [{"a": "1", "b": "1"}, {"a": "2"}]


def test_locks_in_folders_are_locks_as_well(locks: Path) -> None:
    assert audit.read_pins(locks)["bar", "3.0"] == ["legacy", "protos/2.14"]


def test_what_is_accepted_is_in_our_locks() -> None:
    accepted = audit.read_accepted(audit.ACCEPTED)
    assert {entry["package"] for entry in accepted} <= {name for name, _ in audit.read_pins(audit.ROOT)}
