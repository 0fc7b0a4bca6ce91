"""What a node's cached result depends on: a change of the code that it reaches, or of a package, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

from configs.repository import ROOT
from pipelines.graph import fingerprint

EDIT = """
import json, sys
from pathlib import Path
from pipelines.graph.fingerprint import of_code

nodes, files = json.loads(sys.argv[1])
digests = [{node: of_code(modules) for node, modules in nodes.items()}]
for file in files:
    with Path(file).open("a") as source:
        source.write("\\nTHIS_IS_NEW = 1\\n")
    digests.append({node: of_code(modules) for node, modules in nodes.items()})
json.dump(digests, sys.stdout)
"""
IMAGE = """
import json, sys
from pathlib import Path
from pipelines.graph.fingerprint import of_image, of_repository

digests = [of_image()]
for file in json.loads(sys.argv[1]):
    with Path(file).open("ab") as content:
        content.write(b" ")
    of_repository.cache_clear()
    digests.append(of_image())
json.dump(digests, sys.stdout)
"""
PACKAGES = "import json, sys; from pipelines.graph.fingerprint import of_packages; json.dump(of_packages(), sys.stdout)"
NODES = {
    "StatisticsGen": ["components.statistics_gen"],
    "Transform": ["components.transform", "trainer.features.preprocessing"],
    "Trainer": ["components.trainer", "trainer.run_fn"],
    "Pusher": ["components.pusher"],
}


CHANGES = {
    "pipelines/reporting/console.py": set(),
    "trainer/training/fit.py": {"Trainer"},
    "trainer/features/transforms.py": {"Transform", "Trainer"},
    "components/statistics_gen.py": {"StatisticsGen"},
    "components/registry/tree_digest.py": {"Trainer", "Pusher"},  # by way of components.registry.versions
}


def ask(script: str, folder: Path, *arguments: str) -> Any:
    """What a script answers in a fresh interpreter that looks for modules in `folder` first."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_change_of_code_reaches_the_nodes_that_depend_on_it(tmp_path: Path) -> None:
    for package in fingerprint.OURS:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    digests = ask(EDIT, tmp_path, json.dumps([NODES, list(CHANGES)]))
    for (file, reached), before, after in zip(CHANGES.items(), digests, digests[1:], strict=False):
        assert {node for node in NODES if before[node] != after[node]} == reached, file
    assert digests[0]["Transform"] == fingerprint.of_code(NODES["Transform"])


def test_an_image_is_known_by_its_code_its_templates_and_its_lock(tmp_path: Path) -> None:
    for folder in (*fingerprint.OURS, "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    counts = ["trainer/models/dnn.py", "pipelines/reporting/templates/report.html", "requirements/current.txt"]
    others = ["configs/taxi.yaml", "requirements/legacy.txt", "configs/home.pyc", ".git"]
    digests = ask(IMAGE, tmp_path, json.dumps([*counts, *others]))
    assert digests[0] == fingerprint.of_image()
    assert len(set(digests[: len(counts) + 1])) == len(counts) + 1
    assert set(digests[len(counts) + 1 :]) == {digests[len(counts)]}


def test_reaches_what_is_imported_anywhere_in_a_module_and_by_any_form(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text(
        "import os, numpy\nimport configs.home as home\n"
        "from trainer.training import dataset, fit\nfrom configs.errors import NotBlessed\n"
        "def late():\n    from trainer.labels import HEADS\n"
    )
    found = [
        "configs.home",
        "trainer.training",
        "trainer.training.dataset",
        "trainer.training.fit",
        "configs.errors",
        "trainer.labels",
    ]
    assert list(fingerprint.imported(source)) == found


def test_preprocessing_does_not_depend_on_training() -> None:
    reached = fingerprint.import_closure(NODES["Transform"])
    assert {"trainer.features.transforms", "trainer.settings", "configs.schema.config"} <= set(reached)
    assert not {"trainer.training.fit", "trainer.run_fn", "components.trainer"} & set(reached)
    assert reached["trainer.features.transforms"] == ROOT / "trainer" / "features" / "transforms.py"


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"trainer\.nowhere"):
        fingerprint.of_code(["trainer.nowhere"])


def install(folder: Path, name: str, version: str) -> None:
    """Makes a distribution known to Python."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_packages_are_named_as_python_names_them() -> None:
    installed = list(distributions())
    assert [fingerprint.identify(package) for package in installed] == [(p.name, p.version) for p in installed]


@pytest.mark.slow
def test_every_package_counts_but_our_own(tmp_path: Path) -> None:
    digests = {}
    for name, version in [
        ("numpy", "9.0"),
        ("numpy", "9.1"),
        ("pandas", "9.0"),
        ("millrace", "0.9"),
        ("millrace", "1.0"),
    ]:
        (folder := tmp_path / f"{name}{version}").mkdir()
        install(folder, name, version)
        digests[name, version] = ask(PACKAGES, folder)
    assert len({digests["numpy", "9.0"], digests["numpy", "9.1"], digests["pandas", "9.0"]}) == 3
    assert digests["millrace", "0.9"] == digests["millrace", "1.0"] == fingerprint.of_packages()


@pytest.mark.slow
def test_packages_are_the_same_whatever_was_imported(tmp_path: Path) -> None:
    assert ask(f"import setuptools; {PACKAGES}", tmp_path) == ask(PACKAGES, tmp_path)
