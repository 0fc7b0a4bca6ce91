"""What goes into the image: the code and what installs it, and nothing else that may lie in a checkout."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from docker.utils.build import PatternMatcher

from configs.repository import ROOT
from pipelines.compiler.image_build import layer_command
from pipelines.compiler.own_files import OwnFiles
from pipelines.graph.fingerprint import OURS, OWN
from tests.cluster.backends import Podman

CANARIES = (  # what git ignores or a person leaves, at the places where it is left
    ".env",
    ".git/config",
    ".netrc",
    ".venv/lib/python3.13/site-packages/requests/api.py",
    "credentials.json",
    "deploy/base/metadata.env",
    "deploy/base/metadata.env.bak",
    "deploy/nodepools.yaml.orig",
    "components/.secrets.json",
    "components/__pycache__/base.cpython-313.pyc",
    "configs/churn.yaml",
    "configs/customers.csv",
    "configs/recipes/.env",
    "configs/workspace/churn/metadata.db",
    "id_rsa",
    "kubeconfig",
    "pipelines/cli/token.txt",
    "pipelines/reporting/templates/.report.html.swp",
    "requirements/.pip.conf",
    "requirements/pip.conf",
    "rows.csv",
    "tests/secrets.py",
    "trainer/models/key.pem",
    "workspace/taxi/runs/1/config.json",
    "workspace/taxi/serving/1/saved_model.pb",
    "build/lib/configs/errors.py",
    "millrace.egg-info/PKG-INFO",
)
TEMPLATES = (".css", ".html", ".jinja", ".js")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of this checkout that a step may need, and canaries."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in (*OURS, "requirements", "deploy"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".dockerignore", "LICENSE", "Makefile", "README.md", "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, folder)
    for name in CANARIES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("canary")
    return folder


def list_needed(folder: Path) -> set[str]:
    code = [path for package in OURS for path in (folder / package).rglob("*.py")]
    templates = [path for path in folder.glob("pipelines/*/templates/*") if path.suffix in TEMPLATES]
    locks = [folder / "requirements" / f"{name}.txt" for name in ("current", "current-dev", "gpu")]
    others = [folder / name for name in ("LICENSE", "pyproject.toml", "setup.py", "deploy/nodepools.yaml")]
    return {str(path.relative_to(folder)) for path in (*code, *templates, *locks, *others)}


def test_what_is_in_the_context_is_the_code_and_no_canary(checkout: Path) -> None:
    rules = [line for line in (checkout / ".dockerignore").read_text().splitlines() if line[:1] not in ("#", "")]
    excluded = PatternMatcher(rules).matches
    files = {str(path.relative_to(checkout)) for path in checkout.rglob("*") if path.is_file()}
    found = {path for path in files if not excluded(path)} - {".dockerignore"}  # which the library keeps
    assert found == list_needed(checkout)
    assert not found & set(CANARIES)


def build(name: str, *arguments: str) -> None:
    subprocess.run(["podman", "build", "--quiet", "--tag", name, *arguments], env=Podman.env, check=True)


def list_members(file: Any) -> list[str]:
    with tarfile.open(fileobj=file) as layer:
        return [member.name for member in layer if member.isfile()]


@pytest.mark.cluster
@pytest.mark.skipif(shutil.which("podman") is None, reason="needs podman, which reads the same rules")
def test_an_image_built_of_the_context_holds_no_canary(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    name = "localhost/millrace-canaries"
    build(name, "--file", str(tmp_path / "Dockerfile"), str(checkout))
    try:
        assert list_files(name, tmp_path / "image.tar") == list_needed(checkout)
    finally:
        subprocess.run(["podman", "image", "rm", name], env=Podman.env, check=True)


@pytest.mark.cluster
@pytest.mark.skipif(shutil.which("podman") is None, reason="needs podman")
def test_the_files_of_a_config_lie_on_top_of_an_image_where_its_steps_look_for_them(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nWORKDIR /millrace\nUSER 1000\n")
    base, name = "localhost/millrace-bare", "localhost/millrace-own"
    own = OwnFiles({"own/rows.csv": tmp_path / "rows.csv"})
    build(base, "--file", str(tmp_path / "Dockerfile"), str(tmp_path))
    with own.gathered() as folder:
        subprocess.run(layer_command("podman", base, name, folder, own.digest), env=Podman.env, check=True)
    try:
        told = ["podman", "image", "inspect", "--format", "{{.Config.Env}} {{.Config.User}}", name]
        said = subprocess.run(told, env=Podman.env, capture_output=True, text=True, check=True).stdout
        assert f"{OWN}={own.digest}" in said and said.endswith(" 1000\n")
        assert list_files(name, tmp_path / "image.tar") == {"millrace/own/rows.csv"}
    finally:
        subprocess.run(["podman", "image", "rm", name, base], env=Podman.env, check=True)


def list_files(name: str, archive: Path) -> set[str]:
    """The files in all layers of an image."""
    subprocess.run(["podman", "save", "--output", str(archive), name], env=Podman.env, check=True)
    with tarfile.open(archive) as image:
        [manifest] = json.load(image.extractfile("manifest.json"))  # type: ignore[arg-type]
        return {member for layer in manifest["Layers"] for member in list_members(image.extractfile(layer))}
