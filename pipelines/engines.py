"""Beam's engines: what a node tells Beam of its own, and whether it is there before the work is handed over."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from configs.beam import Engine, Value
from configs.errors import MillraceError

RUNNERS = {
    # By its path: Beam's default looks for another runner in the network first.
    "direct": "apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "flink": "FlinkRunner",
    "spark": "SparkRunner",
    "dataflow": "DataflowRunner",
    "portable": "PortableRunner",
}
ENDPOINT = "--job_endpoint="
PATIENCE = 10.0  # seconds
# Without the name of an image TFX builds a package of itself for the engine, a second or two for each node. Only an
# environment of type DOCKER and Dataflow look for the image, and the config must name it for these.
NO_IMAGE = "none"


def list_flags(engine: Engine) -> list[str]:
    """Returns an engine as Beam's command line has it."""
    return [f"--runner={RUNNERS[engine.runner]}", *_spell({"sdk_container_image": NO_IMAGE} | engine.args)]


def _spell(args: Mapping[str, Value]) -> Iterator[str]:
    for name, value in args.items():
        if isinstance(value, bool):
            yield from [f"--{name}"] * value
        else:
            yield from (f"--{name}={item}" for item in (value if isinstance(value, tuple) else [value]))


def require(flags: Sequence[str], node_id: str) -> None:
    """Raises MillraceError unless the job server that Beam's flags name, if any, takes connections.

    Beam itself would wait a minute for it, and not say where.
    """
    for endpoint in (flag.removeprefix(ENDPOINT) for flag in flags if flag.startswith(ENDPOINT)):
        try:
            place = urlsplit(f"//{endpoint}")
            socket.create_connection((place.hostname, place.port or 0), PATIENCE).close()
        except (OSError, ValueError) as error:
            raise MillraceError(
                f"The Beam engine at {endpoint} cannot be reached ({getattr(error, 'strerror', None) or error}).",
                where=node_id,
                remedy="Start its job server, or correct job_endpoint in the config's beam section, and run again.",
            ) from None
