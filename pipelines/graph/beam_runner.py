"""Beam's engines: what a node tells Beam of its own, and what is said when it is not there, or gives up."""

import logging
import re
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
BROKE = "engine_broke"  # of an error's details: another try may do better, as the engine failed and not the work
PATIENCE = 10.0  # seconds, for a job server to answer
# Without the name of an image TFX builds a package of itself for the engine, a second or two for each node. Only an
# environment of type DOCKER and Dataflow look for the image, and the config must name it for these.
DEFAULTS = {"sdk_container_image": "none"}
# Flink pipelines the stages of a bounded job by itself, and one that waits for a side input of the same rows for ever.
BATCH = {"execution_mode_for_batch": "BATCH_FORCED"}
# Beam's own is a minute, and holds for the stream that says how a job goes: a longer job would seem to have failed.
WEEK = {"job_server_timeout": 7 * 24 * 3600}


def list_flags(engine: Engine) -> list[str]:
    """Returns an engine as Beam's command line has it."""
    defaults: dict[str, Value] = {**DEFAULTS, **(WEEK if NEEDED[engine.runner] == SERVED else {})}
    defaults |= BATCH if engine.runner == "flink" else {}
    if engine.args.get("environment_type") == "DOCKER":  # whose image Beam reads there, and Dataflow's at the other
        defaults |= {"environment_config": engine.args["sdk_container_image"]}
    return [f"--runner={RUNNERS[engine.runner]}", *_format_flags(defaults | engine.args)]


def _format_flags(args: Mapping[str, Value]) -> Iterator[str]:
    for name, value in args.items():
        if isinstance(value, bool):
            yield from [f"--{name}"] * value
        else:
            yield from (f"--{name}={item}" for item in (value if isinstance(value, tuple) else [value]))


def name_engine(flags: Sequence[str]) -> str | None:
    """Returns the runner that Beam's flags name, by its name in a config; None for one of this machine, or for none."""
    names = {f"--runner={beam}": name for name, beam in RUNNERS.items() if name != "direct"}
    return next((names[flag] for flag in flags if flag in names), None)


def find_endpoint(flags: Sequence[str]) -> str | None:
    """Returns where the job server listens that Beam's flags name, if they name one."""
    return next((flag.removeprefix(ENDPOINT) for flag in flags if flag.startswith(ENDPOINT)), None)


def require_endpoint(endpoint: str, node_id: str) -> None:
    """Raises MillraceError where no job server answers."""
    with grpc.insecure_channel(endpoint) as channel:
        try:
            grpc.channel_ready_future(channel).result(PATIENCE)
        except grpc.FutureTimeoutError:
            what = f"No Beam engine answers at {endpoint} within {PATIENCE:.0f} seconds."
            raise MillraceError(what, node_id, START) from None


@contextmanager
def watch_endpoint(flags: Sequence[str], node_id: str) -> Iterator[None]:
    """Raises MillraceError where the job server that Beam's flags name does not answer, breaks off what it began, or
    says that a job has failed.
    """
    endpoint = find_endpoint(flags)
    if endpoint is None:
        yield
        return
    require_endpoint(endpoint, node_id)
    try:
        yield
    except grpc.RpcError as error:
        logging.exception("%s was given up by its engine", node_id)
        why = error.details() if isinstance(error, grpc.Call) else str(error)
        what = f"The Beam engine at {endpoint} broke off: {why}."
        raise MillraceError(what, node_id, START, {BROKE: True}) from None
    except RuntimeError as error:
        cause = find_cause(str(error))
        if cause is None:
            raise
        logging.exception("%s failed on its engine", node_id)
        remedy = next((remedy for pattern, remedy in REMEDIES.items() if re.search(pattern, cause)), LOOK)
        details = {BROKE: True} if is_broken(str(error)) else {}
        raise MillraceError(f"The job at {endpoint} failed: {cause}", node_id, remedy, details) from None


def is_broken(failure: str) -> bool:
    """Tells whether a job failed since its engine did: a worker or a machine was lost, or the engine cancelled it.

    Who cancels a job of ours ends its client first.
    """
    return bool(re.match(r"Pipeline \S+ failed in state CANCELLED", failure) or re.search(LOST, failure))


def find_cause(failure: str) -> str | None:
    """Returns what a job failed by, from what Beam makes of it (portable_runner.py: PipelineResult); None of another.

    Python's error stands at the end of its traceback, Java's first cause in the last line that names one; frames and
    lines of the tables around them say nothing.
    """
    told = re.match(r"Pipeline \S+ failed in state [A-Z]+(: (?P<trace>.*))?", failure, re.DOTALL)
    if told is None:
        return None
    trace = told["trace"] or "the engine does not say why; its own log may"
    raised = re.findall(
        r"^(?!\s)(?:Caused by: )?([\w.$]+(?:Error|Exception|Exit|Interrupt)\b.*)$", _last_part(trace), re.M
    )
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    return re.sub(r" \[while running .*", "", raised[-1] if raised else lines[0])


def _last_part(trace: str) -> str:
    """Returns the last of Python's tracebacks in a text, without the frames of Java's after it, or else all of it."""
    _, found, last = trace.rpartition("Traceback (most recent call last):")
    return re.split(r"^\s+at \w", last, maxsplit=1, flags=re.M)[0] if found else trace


# What Beam's and the engines' own programs say of a worker that is gone: its channel (FnApiControlClient.java, gRPC,
# Prism), Flink's task manager, Spark's executor, Dataflow's machine.
LOST = (
    r"client cancelled|SDK (Harness .*|worker )(disconnected|not found)|Multiplexer hanging up|sdk worker was lost|"
    r"TaskManager .*(no longer reachable|timed out)|closed by remote task manager|RemoteTransportException|"
    r"ExecutorLostFailure|lost contact with the service"
)
START = "Start its job server, or correct job_endpoint in the config's beam section, and run again."
LOOK = "The run's log.txt holds the engine's whole trace."
REMEDIES = {
    r"No module named '(configs|trainer|components|pipelines)\b": "Its workers lack Millrace: give them the image of "
    "the steps, or the same environment.",
    r"No module named|Can't get attribute|unsupported pickle|bad marshal": "Its workers have other packages than the "
    "node: give them the same image.",
    r"Connection refused|UNAVAILABLE|failed to connect": "The pool of workers is not reachable where "
    "beam.args.environment_config says, as seen from the engine: start it there, or correct the address.",
    r"No space left on device": "The disk of the engine is full: free some, or point its temporary folder elsewhere.",
    r"Insufficient number of network buffers": "Give Flink's task managers more of them: "
    "taskmanager.memory.network.max: 1g, or a lower parallelism in beam.args.",
}
