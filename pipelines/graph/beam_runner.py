"""Beam's engines: what a node tells Beam of its own, and what is said when it is not there."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import grpc

from configs.errors import MillraceError
from configs.schema.beam import NEEDED, SERVED, Engine, Value

RUNNERS = {
    # By its path: Beam's default looks for another runner in the network first.
    "direct": "apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "flink": "FlinkRunner",
    "spark": "SparkRunner",
    "dataflow": "DataflowRunner",
    "portable": "PortableRunner",
}
ENDPOINT = "--job_endpoint="
PATIENCE = 10.0  # seconds, for a job server to answer
# Without the name of an image TFX builds a package of itself for the engine, a second or two for each node. Only an
# environment of type DOCKER and Dataflow look for the image, and the config must name it for these.
DEFAULTS = {"sdk_container_image": "none"}
# Beam's own is a minute, and holds for the stream that says how a job goes: a longer job would seem to have failed.
WEEK = {"job_server_timeout": 7 * 24 * 3600}


def list_flags(engine: Engine) -> list[str]:
    """Returns an engine as Beam's command line has it."""
    defaults = DEFAULTS | (WEEK if NEEDED[engine.runner] == SERVED else {})
    return [f"--runner={RUNNERS[engine.runner]}", *_format_flags(defaults | engine.args)]


def _format_flags(args: Mapping[str, Value]) -> Iterator[str]:
    for name, value in args.items():
        if isinstance(value, bool):
            yield from [f"--{name}"] * value
        else:
            yield from (f"--{name}={item}" for item in (value if isinstance(value, tuple) else [value]))


@contextmanager
def watch_endpoint(flags: Sequence[str], node_id: str) -> Iterator[None]:
    """Raises MillraceError where the job server that Beam's flags name does not answer, or breaks off what it began."""
    endpoint = next((flag.removeprefix(ENDPOINT) for flag in flags if flag.startswith(ENDPOINT)), None)
    if endpoint is None:
        yield
        return
    remedy = "Start its job server, or correct job_endpoint in the config's beam section, and run again."
    with grpc.insecure_channel(endpoint) as channel:
        try:
            grpc.channel_ready_future(channel).result(PATIENCE)
        except grpc.FutureTimeoutError:
            what = f"No Beam engine answers at {endpoint} within {PATIENCE:.0f} seconds."
            raise MillraceError(what, node_id, remedy) from None
    try:
        yield
    except grpc.RpcError as error:
        logging.exception("%s was given up by its engine", node_id)
        why = error.details() if isinstance(error, grpc.Call) else str(error)
        raise MillraceError(f"The Beam engine at {endpoint} broke off: {why}.", node_id, remedy) from None
