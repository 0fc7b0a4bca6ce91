"""Ask what is known against the packages of all locks; fail where nobody has accepted it (`make audit` calls this).

What is known says a vulnerability service, by pip-audit, or a copy of github.com/pypa/advisory-database on a machine
that reaches none.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent
ACCEPTED = ROOT / "accepted.yaml"
KEYS = {"id", "package", "date", "reason", "reach"}
SERVICES = ("pypi", "osv")
LONGEST = 100  # signs of what a service says
YEAR = 365  # days that an acceptance holds
Pins = Mapping[tuple[str, str], Collection[str]]  # the locks of each package and version


class Unaudited(Exception):
    """Nothing was asked; the message says what to do about it."""


@dataclass(frozen=True)
class Finding:
    """What is known against a version of a package, by all its names."""

    package: str
    version: str
    names: tuple[str, ...]
    fixed: str = ""


def read_pins(folder: Path) -> Pins:
    """Return every package of every lock."""
    pins: dict[tuple[str, str], list[str]] = defaultdict(list)
    for lock in sorted(folder.rglob("*.txt"), key=lambda lock: lock.with_suffix("")):
        for name, version in dict.fromkeys(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", lock.read_text(), re.M)):
            pins[name, version].append(lock.relative_to(folder).with_suffix("").as_posix())
    return pins


def read_accepted(path: Path) -> list[dict[str, Any]]:
    """Return the findings that were accepted; raise Unaudited for one that does not say all that it must."""
    accepted = YAML(typ="safe", pure=True).load(path.read_text()) or []
    for entry in accepted:
        if lacking := KEYS - {key for key, value in entry.items() if value}:
            raise Unaudited(f"{path}: {entry.get('id', 'an entry')} does not say its {', '.join(sorted(lacking))}.")
    return list(accepted)


def ask_service(pins: Pins) -> list[Finding]:
    """Return what pip-audit finds by the first service that answers; raise Unaudited where none does."""
    said = []
    for service in SERVICES:
        try:
            return [finding for part in divide(pins) for finding in ask(service, part)]
        except Unaudited as error:
            said.append(f"{service}: {error}")
    remedy = (
        "Name a copy of github.com/pypa/advisory-database by --database, or hold the accepted ones alone: --offline."
    )
    raise Unaudited(f"Nothing was audited, since no vulnerability service answered ({'; '.join(said)}). {remedy}")


def divide(pins: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Return the packages in parts, each of which has a package once: pip-audit takes no two versions."""
    parts: list[dict[str, str]] = []
    for name, version in pins:
        part = next((part for part in parts if name not in part), None)
        if part is None:
            parts.append(part := {})
        part[name] = version
    return parts


def ask(service: str, part: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what a service knows; raise Unaudited where it does not answer, or not of every package."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{name}=={version}\n" for name, version in part.items()))
        file.flush()
        options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        command = [sys.executable, "-m", "pip_audit", "-r", file.name, "-s", service, *options]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found = json.loads(answer.stdout)["dependencies"]
    except ValueError:
        raise Unaudited((answer.stderr.strip().splitlines() or ["no answer"])[-1][:LONGEST]) from None
    unknown = sorted(part.keys() - {canonicalize_name(each["name"]) for each in found if "vulns" in each})
    if unknown:  # which pip-audit passes over
        raise Unaudited(f"it knows nothing of {len(unknown)} packages, such as {unknown[0]}")
    for each in found:
        for known in each["vulns"]:
            names = (known["id"], *known["aliases"])
            yield Finding(canonicalize_name(each["name"]), each["version"], names, ", ".join(known["fix_versions"]))


def search_database(folder: Path, pins: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Yield what a copy of the advisory database knows; raise Unaudited where the folder is none."""
    if not (folder / "vulns").is_dir():
        raise Unaudited(f"{folder} is no copy of github.com/pypa/advisory-database: it has no folder vulns.")
    for name, version in pins:
        for path in sorted((folder / "vulns" / name).glob("*.yaml")):
            known = YAML(typ="safe", pure=True).load(path.read_text())
            for affected in () if "withdrawn" in known else known["affected"]:
                same = canonicalize_name(affected["package"]["name"]) == name
                if same and (fixed := find_fix(affected, Version(version))) is not None:
                    yield Finding(name, version, (known["id"], *known.get("aliases", ())), fixed)


def find_fix(affected: Mapping[str, Any], version: Version) -> str | None:
    """Return what mends a version that is affected, an empty text where nothing does; None of one that is not.

    The form is OSV's (ossf.github.io/osv-schema): a range is affected from what was introduced to what is fixed.
    """
    ranges = [each["events"] for each in affected.get("ranges", ()) if each["type"] == "ECOSYSTEM"]
    for events in ranges:
        begin = None
        for event in events:
            [(kind, value)] = event.items()
            if kind == "introduced":
                begin = Version(value)
            elif begin is not None and begin <= version:
                end = Version(value)
                if version < end or (kind == "last_affected" and version == end):
                    return value if kind == "fixed" else ""
                begin = None
        if begin is not None and begin <= version:
            return ""
    return "" if str(version) in affected.get("versions", ()) and not ranges else None


def report(pins: Pins, accepted: Collection[Mapping[str, Any]], findings: Collection[Finding]) -> list[str]:
    """Return a line for each finding that nobody has accepted."""
    known = {(canonicalize_name(entry["package"]), entry["id"]) for entry in accepted}
    lines = []
    for finding in findings:
        if not any((finding.package, name) in known for name in finding.names):
            where = ", ".join(pins[finding.package, finding.version])
            mended = f"; mended in {finding.fixed}" if finding.fixed else ""
            lines.append(f"{finding.package} {finding.version} ({where}): {', '.join(finding.names)}{mended}")
    return lines


def review(pins: Pins, accepted: Iterable[Mapping[str, Any]], today: date) -> list[str]:
    """Return a line for each acceptance that stands for nothing any more, or for too long."""
    lines = []
    for entry in accepted:
        if canonicalize_name(entry["package"]) not in {name for name, _ in pins}:
            lines.append(f"{entry['id']} was accepted of {entry['package']}, which is in no lock: take it out")
        elif (today - entry["date"]).days > YEAR:
            lines.append(f"{entry['id']} of {entry['package']} was accepted on {entry['date']}: look at it again")
    return lines


def main(arguments: list[str]) -> int:
    """Audit, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, help="a copy of github.com/pypa/advisory-database to ask")
    parser.add_argument("--offline", action="store_true", help="only hold what was accepted against the locks")
    parser.add_argument("--locks", type=Path, default=ROOT, help="the folder of the locks and of accepted.yaml")
    options = parser.parse_args(arguments)
    pins = read_pins(options.locks)
    try:
        accepted = read_accepted(options.locks / ACCEPTED.name)
        findings: list[Finding] = []
        if options.database:
            findings = list(search_database(options.database, pins))
        elif not options.offline:
            findings = ask_service(pins)
    except Unaudited as error:
        print(error)
        return 1
    lines = report(pins, accepted, findings) + review(pins, accepted, date.today())
    asked = "nothing was asked" if options.offline else f"{len(findings)} found"
    print("\n".join([*lines, f"{len(pins)} packages, {asked}, {len(accepted)} accepted, {len(lines)} to be seen to."]))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
