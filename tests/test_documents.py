"""What the pages say can be followed: links lead somewhere, make knows its targets, millrace its verbs."""

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from configs.repository import ROOT
from pipelines.cli.app import app

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
VERBS = get_command(app).commands


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text(encoding="utf-8"))
    files = [(page.parent / file if file else page, anchor) for file, anchor in links]
    assert [str(file) for file, _ in files if not file.exists()] == []
    assert [(file.name, anchor) for file, anchor in files if anchor and anchor not in anchors(file)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:^|`|\")make ([a-z-]+)", text, re.MULTILINE)) - TARGETS == set()
    assert set(re.findall(r"(?:^|`)millrace ([a-z][a-z-]*)", text, re.MULTILINE)) - VERBS.keys() == set()


def test_a_contributor_is_sent_to_files_that_are_there() -> None:
    named = re.findall(r"`([\w./*]+/[\w.*]+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    files = [name for name in named if "NAME" not in name]
    assert len(files) > 20
    assert [name for name in files if not list(ROOT.glob(name))] == []


def test_the_workflow_calls_what_a_person_calls() -> None:
    flow = YAML(typ="safe", pure=True).load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    (job,) = flow["jobs"].values()
    assert [step.get("run", step.get("uses", "").partition("@")[0]) for step in job["steps"]] == [
        "actions/checkout",
        "sudo .ci/run",
    ]
    assert job["timeout-minutes"] > 45


def test_the_dev_container_and_the_image_of_a_step_are_of_one_base() -> None:
    described = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    files = [ROOT / ".devcontainer" / described["build"]["dockerfile"], ROOT / "deploy" / "Dockerfile"]
    first, second = (re.findall(r"^ARG BASE=(.+)$", file.read_text(encoding="utf-8"), re.MULTILINE) for file in files)
    assert first == second


def test_a_report_of_a_bug_asks_for_what_doctor_says() -> None:
    form = YAML(typ="safe", pure=True).load((ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text())
    asked = {part["attributes"]["label"]: part["validations"]["required"] for part in form["body"]}
    assert asked["millrace doctor --output json"] is True
