"""The image as a Beam engine starts it: Prism, whose workers are containers of it, by podman's Docker service."""

import subprocess

import pytest

from pipelines.graph import fingerprint
from tests.cluster.backends import Podman
from tests.cluster.test_kfp_runner import docker
from tests.prism import ABSENT, find_prism, prism

pytestmark = pytest.mark.cluster
IMAGE = f"localhost/millrace:cpu-beam-{fingerprint.of_image()}"
JOB = """
import sys
import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import PipelineOptions
from configs.schema.beam import Engine
from pipelines.graph.beam_runner import list_flags

def tell(row):
    import os
    from components import transform
    here = f"{transform.__file__} {os.getuid()} {os.path.exists('/run/.containerenv')}"
    Metrics.counter("job", here).inc()
    return row

args = {"job_endpoint": sys.argv[1], "environment_type": "DOCKER", "sdk_container_image": sys.argv[2]}
flags = list_flags(Engine(runner="portable", args=args))
pipeline = beam.Pipeline(options=PipelineOptions([*flags, "--pickle_library=cloudpickle"]))
pipeline | beam.Create([7]) | beam.Map(tell)
result = pipeline.run()
print(result.wait_until_finish())
print(*(each.key.metric.name for each in result.metrics().query()["counters"] if each.key.metric.namespace == "job"))
"""


def test_an_engine_starts_its_workers_as_containers_of_the_image(tmp_path):
    if not Podman.has(IMAGE):
        pytest.skip(f"no {IMAGE}: `make test-cluster` as root, with podman")
    if not find_prism():
        pytest.skip(ABSENT)
    with docker(tmp_path) as address, prism(tmp_path, DOCKER_HOST=address, **Podman.env) as endpoint:
        command = ["podman", "run", "--rm", "--network=host", "--interactive", IMAGE, "python", "-", endpoint, IMAGE]
        done = subprocess.run(command, env=Podman.env, input=JOB, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == ["DONE", "/millrace/components/transform.py 1000 True"]


def test_the_image_runs_every_other_command_as_it_stands():
    if not Podman.has(IMAGE):
        pytest.skip(f"no {IMAGE}: `make test-cluster` as root, with podman")
    for command, said in ((["sh", "-c", "echo $0 $1", "a", "b c"], "a b c\n"), (["pwd"], "/millrace\n")):
        start = ["podman", "run", "--rm", "--network=none", IMAGE, *command]
        assert subprocess.run(start, env=Podman.env, capture_output=True, text=True, check=True).stdout == said
