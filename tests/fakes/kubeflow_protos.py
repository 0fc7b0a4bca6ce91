"""Reads compiled files by the protos of a release of Kubeflow Pipelines, as strictly as its API server and driver do.

Each release's protos are in its wheels kfp-kubernetes and kfp-pipeline-spec, which cannot be here side by side, nor
beside the stack's own protobuf: they are installed from requirements/kubeflow into a folder each and read by a process
that has nothing else. This file is that process's program as well, and imports no more than it has.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "requirements" / "kubeflow"
RELEASES = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))
TIMEOUT = 120  # seconds for the packages' way here


@cache
def install(release: str) -> Path:
    """Returns a folder that has a release's protos; raises RuntimeError, which says why, where they cannot be had."""
    target = Path(tempfile.mkdtemp(prefix=f"kubeflow-{release}-"))
    program = shutil.which("uv", path=str(Path(sys.prefix, "bin"))) or "uv"
    uv = [program, "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    options = ["--only-binary=:all:", "--python", sys.executable, "--target", str(target)]
    command = [*uv, *options, "--requirements", str(FOLDER / f"{release}.txt")]
    for extra in ([], ["--offline"]):  # what was here before is in uv's cache
        done = subprocess.run([*command, *extra], capture_output=True, text=True, timeout=TIMEOUT)
        if done.returncode == 0:
            return target
    raise RuntimeError(f"the protos of Kubeflow Pipelines {release} cannot be installed:\n{done.stderr}")


def read(release: str, files: list[list[dict[str, Any]]]) -> list[str]:
    """Returns for each compiled file, which is two documents, what a release refuses it for; "" where it takes it."""
    return list(_read(release, json.dumps(files)))


@cache
def _read(release: str, files: str) -> tuple[str, ...]:
    command = [sys.executable, "-I", "-S", __file__, str(install(release))]
    done = subprocess.run(command, input=files, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the protos of Kubeflow Pipelines {release} cannot be used:\n{done.stderr}")
    return tuple(json.loads(done.stdout))


def main(target: str) -> None:
    """Reads files as JSON from standard input, and writes what each is refused for."""
    sys.path.insert(0, target)
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2 as spec

    # The package itself wants all of kfp; its protos do not.
    place = Path(target, "kfp", "kubernetes", "kubernetes_executor_config_pb2.py")
    found = importlib.util.spec_from_file_location("kubernetes_executor_config_pb2", place)
    assert found and found.loader
    platform = importlib.util.module_from_spec(found)
    found.loader.exec_module(platform)

    def refuse(pipeline: dict[str, Any], around: dict[str, Any]) -> str:
        try:
            json_format.ParseDict(pipeline, spec.PipelineSpec())
            json_format.ParseDict(pipeline["deploymentSpec"], spec.PipelineDeploymentConfig())
            json_format.ParseDict(around, spec.PlatformSpec())
            for each in around["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
                json_format.ParseDict(each, platform.KubernetesExecutorConfig())
        except json_format.ParseError as error:
            return str(error)
        return ""

    json.dump([refuse(*documents) for documents in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
