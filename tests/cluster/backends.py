"""What runs the steps: podman, each in a container of the real image; or, the weaker, processes of this machine."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from configs.repository import ROOT
from pipelines.graph import fingerprint
from tests.cluster.engine import Step

CONF = Path(__file__).with_name("containers.conf")
IMAGE = f"localhost/millrace:cpu-{fingerprint.of_image()}"
USER = 1000
# Where a step writes what Kubeflow's launcher collects, by how a command names it.
WRITABLE = {"/tmp/kfp_outputs": "tmp/kfp_outputs", "/tmp/kfp/outputs": "tmp/kfp/outputs", "minio:/": "minio"}


class Podman:
    """Runs a step in a container, with the rights that Kubernetes' restricted pods have."""

    title = "each step in a container of the real image"
    killed = 128 + signal.SIGKILL
    env = {**os.environ, "CONTAINERS_CONF": str(CONF)}

    @classmethod
    def is_here(cls) -> bool:
        """Tells whether podman and the image of this very code are here."""
        return cls.has(IMAGE)

    @classmethod
    def has(cls, image: str) -> bool:
        """Tells whether podman and an image are here."""
        exists = ["podman", "image", "exists", image]
        return bool(shutil.which("podman")) and subprocess.run(exists, env=cls.env).returncode == 0

    def run(self, step: Step) -> int:
        mounts = dict(step.mounts)
        for folder in WRITABLE.values():
            (step.outputs / folder).mkdir(parents=True)
            mounts[f"/{folder}"] = step.outputs / folder
        options = [f"--name={step.name}", f"--user={step.user}"]
        options += [f"--env={name}" for name in step.env]  # the value is taken from the environment
        command = [*self._start(mounts, int(step.user.partition(":")[0])), *options, step.image, *step.command]
        with (step.outputs / "log.txt").open("wb") as log:
            return subprocess.call(command, env={**self.env, **step.env}, stdout=log, stderr=log)

    def millrace(self, mounts: Mapping[str, Path], arguments: Sequence[str]) -> None:
        """Runs a command of Millrace's to its end, as the image's own user."""
        command = [*self._start(mounts, USER), IMAGE, "millrace", *arguments]
        subprocess.run(command, env=self.env, check=True)

    def kill(self, name: str) -> None:
        """Kills a container, as the kernel does when memory runs out."""
        subprocess.run(["podman", "kill", name], env=self.env, check=True, stdout=subprocess.DEVNULL)

    def _start(self, mounts: Mapping[str, Path], user: int) -> list[str]:
        for folder in mounts.values():
            os.chown(folder, user, user)
        limits = ["--cap-drop=all", "--security-opt=no-new-privileges", "--network=host"]
        return ["podman", "run", "--rm", *limits, *(f"--volume={folder}:{mount}" for mount, folder in mounts.items())]


class Processes:
    """Runs a step's command here; a mount is then a folder, which stands for the mount's path in the command."""

    title = "the weaker one: each step a process of this machine"
    killed = -signal.SIGKILL

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, step: Step) -> int:
        folders = {**step.mounts, **{told: step.outputs / folder for told, folder in WRITABLE.items()}}
        env = {**os.environ, **step.env}
        step.outputs.mkdir(parents=True)
        with (step.outputs / "log.txt").open("wb") as log:
            self.running[step.name] = subprocess.Popen(
                self._place(step.command, folders), cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
            )
            return self.running[step.name].wait()

    def millrace(self, mounts: Mapping[str, Path], arguments: Sequence[str]) -> None:
        """Runs a command of Millrace's to its end."""
        subprocess.run(self._place(["millrace", *arguments], mounts), cwd=ROOT, check=True)

    def kill(self, name: str) -> None:
        """Kills a step and what it has started."""
        os.killpg(self.running[name].pid, signal.SIGKILL)

    def _place(self, command: Sequence[str], mounts: Mapping[str, Path]) -> list[str]:
        words = list(command[1:])
        for mount, folder in mounts.items():
            words = [word.replace(mount, str(folder)) for word in words]
        return [sys.executable, "-m", "pipelines", *words]
