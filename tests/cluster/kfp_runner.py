"""Runs a compiled file by kfp's own local runner: what it is told is JSON on standard input.

It is run by an environment of its own (kfp_runner.txt), whose kfp is newer than that of either stack.
"""

import json
import sys

import docker.client
from kfp import components, local

QUIET = 1800  # seconds that a step may say nothing; by itself the client gives up after 60


def main() -> None:
    """Runs `file` with `parameters`; steps have containers with `options`, and leave what they put out in `folder`."""
    told = json.load(sys.stdin)
    docker.client.DEFAULT_TIMEOUT_SECONDS = QUIET
    local.init(local.DockerRunner(**told["options"]), pipeline_root=told["folder"])
    components.load_component_from_file(told["file"])(**told["parameters"])


if __name__ == "__main__":
    main()
