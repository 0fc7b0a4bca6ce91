"""Builds the images that the steps of a pipeline run in, from deploy/Dockerfile, by the container engine at hand."""

import json
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from configs.errors import ConfigError, MillraceError
from configs.repository import ROOT
from pipelines.graph import fingerprint

ENGINES = ("docker", "podman", "buildah")
LOCKS = {"cpu": "current.txt", "gpu": "gpu.txt"}


def find_engine() -> str:
    """Returns the first engine that answers: docker's program may be here without the service it talks to."""
    for engine in filter(shutil.which, ENGINES):
        if subprocess.run([engine, "info"], capture_output=True).returncode == 0:
            return engine
    what = f"No container engine answers here: neither {', '.join(ENGINES[:-1])} nor {ENGINES[-1]}"
    raise MillraceError(what, remedy="Install one, for example by `apt-get install podman`.")


def build_command(
    engine: str, flavour: str, name: str, base: str | None = None, options: Sequence[str] = (), boot: bool = False
) -> list[str]:
    """Returns the command that builds a flavour under a name; `options` are the engine's own.

    With `boot` a Beam engine can start its workers as containers of the image.

    Raises ConfigError for a flavour that there is no lock of.
    """
    if flavour not in LOCKS:
        what = f"there is no lock for {flavour}: PyPI's newest TensorFlow for TPUs is 2.20, and TFX 1.21 needs 2.21"
        raise ConfigError(what, "--flavour", "Build such an image by other means, and name it by image: or --image.")
    arguments = {"LOCK": LOCKS[flavour], "DIGEST": fingerprint.of_image()} | ({"BASE": base} if base else {})
    arguments |= {"BOOT": "beam"} if boot else {}
    command = [engine, "build", "--file", str(ROOT / "deploy" / "Dockerfile"), "--tag", name]
    for key, value in arguments.items():
        command += ["--build-arg", f"{key}={value}"]
    return [*command, *options, str(ROOT)]


def layer_command(engine: str, base: str, name: str, folder: Path, own: str) -> list[str]:
    """Returns the command that puts the files of a folder, whose digest is `own`, on top of an image."""
    command = [engine, "build", "--file", str(ROOT / "deploy" / "own.Dockerfile"), "--tag", name]
    return [*command, "--build-arg", f"IMAGE={base}", "--build-arg", f"OWN={own}", str(folder)]


def push_command(engine: str, name: str) -> list[str]:
    """Returns the command that puts an image into its registry."""
    return [engine, "push", name]


def push(engine: str, name: str) -> str:
    """Puts an image into its registry; returns its name with the digest that it has there, which no one can move."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "digest")  # of the image as it lies here podman knows another: it is packed on the way
        command = push_command(engine, name)
        run_command(command if engine == "docker" else [*command[:-1], "--digestfile", str(file), name])
        return f"{name}@{_ask_docker(name) if engine == 'docker' else file.read_text().strip()}"


def _ask_docker(name: str) -> str:
    command = ["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", name]
    known = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    repository = re.sub(r":[^/:]*$", "", name)
    return str(next(each for each in known if each.startswith(f"{repository}@")).partition("@")[2])


def run_command(command: Sequence[str]) -> None:
    """Runs an engine, which tells the user itself how far it is; raises MillraceError if it fails or is not here."""
    try:
        code = subprocess.call(command)
    except OSError as error:
        raise MillraceError(f"{command[0]} cannot be run: {error.strerror}", remedy="Name another --engine.") from None
    if code:
        raise MillraceError(f"It ended with exit code {code}; its own words are above.", where=shlex.join(command))
