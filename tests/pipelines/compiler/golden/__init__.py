"""Configs, and the files that they compile to.

After a change that is meant: python -m tests.pipelines.compiler.golden
"""

import re
from pathlib import Path
from typing import Any

import yaml

from configs.loading.packed_text import MARK
from pipelines.compiler.compile import compile_pipeline
from pipelines.graph.fingerprint import of_image

FOLDER = Path(__file__).parent
ENGINES = {"cpu": "kubeflow", "gpu": "kubeflow", "tpu": "kubeflow", "workers": "kubeflow", "vertex": "vertex"}


def config(name: str) -> str:
    """The path of a config."""
    return str(FOLDER / f"{name}.yaml")


def golden(name: str) -> Path:
    """The file that it compiles to, but for what differs from one state of the code and one stack to another."""
    return FOLDER / f"{name}.compiled.yaml"


def compiled(name: str) -> str:
    """What it compiles to now."""
    return compile_pipeline(config(name), engine=ENGINES[name])


def normalise(text: str) -> str:
    """Take out the version of kfp, the config, and the digest of the code, which is in quotes when it begins so."""
    text = re.sub(rf"'{MARK}[\w+/=]+'", "PACKED", text)
    return re.sub(rf"'?{of_image()}'?", "DIGEST", re.sub(r"(?m)^sdkVersion: .*", "sdkVersion: VERSION", text))


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def tasks(text: str) -> dict[str, Any]:
    """The tasks of the nodes, by name."""
    return documents(text)[0]["components"]["comp-exit-handler-1"]["dag"]["tasks"]


def executors(text: str) -> dict[str, Any]:
    """What the steps need of Kubernetes, by name."""
    return documents(text)[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
