"""A run that has nothing to do: what the last one that ended well depended on and left, by digests.

Where all of it stands, the cache would answer for every node, and the version in service is the model that came of it.
So the run is repeated from this record, and TensorFlow, which takes seconds to load, is not. Anything else, and
anything that cannot be told for certain, is left to the nodes themselves.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from components.readers import spans
from components.readers.files import find_data
from components.registry.model_registry import TOLD, require_writable
from components.registry.tree_digest import DIGEST, file_digest, tree_digest
from components.registry.versions import as_line, in_service
from configs.errors import MillraceError, Stopped
from configs.repository import ROOT
from configs.schema.config import Config
from pipelines.execution.provenance import list_named
from pipelines.graph import fingerprint
from pipelines.runs.directory import write_file
from pipelines.runs.outcomes import Outcome
from pipelines.runs.run import Run

PUBLISHES = "Pusher"
INPUT = "input_fingerprint"  # the property in which TFX's driver has the digest of the data that ExampleGen read


@dataclass(frozen=True)
class Settled:
    """A run that ended well, with what it depended on and what it left, as digests."""

    run: str
    needs: str
    data: str
    version: str  # in service, as its line of the history
    metadata: str
    artifacts: Mapping[str, str]  # by where they lie
    outcomes: Sequence[Outcome]  # as those of a run that repeats it

    def stands(self, config: Config) -> bool:
        """Whether the data, what is in service, the metadata and the artifacts are what they were."""
        version = in_service(config.home)
        return (
            version is not None
            and as_line(version.manifest) == self.version
            and file_digest(config.home.metadata).hex() == self.metadata
            and spans.digest_data(config.data) == self.data
            and all(tree_digest(Path(place)) == digest for place, digest in self.artifacts.items())
        )


def digest_needs(config: Config, nodes: Sequence[str]) -> str | None:
    """Returns the digest of what a run depends on beside its data and what is in service; None where there is more.

    That is so where a database has to be asked for the data, where a training begins with a version, learns from one or
    replays earlier spans, and where the nodes' process would find other code than ours, since it looks in the current
    folder first.
    """
    training = config.training
    if training.warm_start or training.teacher or training.replay or config.data.query:
        return None
    with certain():
        here = [Path.cwd() / f"{package}{end}" for package in fingerprint.OURS for end in ("/__init__.py", ".py")]
        if Path.cwd() == ROOT or not any(map(Path.exists, here)):
            files = {key: file_digest(path).hex() for key, path in list_named(config).items()}
            code = (fingerprint.of_repository(), fingerprint.of_packages())
            place = find_data(config.data.path)[0]
            text = config.model_dump_json(exclude={"storage": {"metadata"}})  # whose password may be renewed
            return _digest(json.dumps([nodes, text, place, files, *code]))
    return None


def recall(config: Config, needs: str | None) -> Settled | None:
    """Returns the last run that ended well if one that depends on `needs` would end the same, else None.

    It is None as well where others may use the metadata store, which then has to be told of each node.
    """
    if config.storage.metadata:
        return None
    with certain():
        known = read_kept(config.home.settled, needs) if needs else None
        if known and known.stands(config):
            require_writable(config.home)
            return known
    return None


def keep(config: Config, run: Run, record: Mapping[str, Any], needs: str | None) -> None:
    """Keeps the record of a run that depended on `needs`, if it ended well and its model is the version in service."""
    if needs and record["exit_code"] == 0:
        with certain():
            if settled := _settle(config, run, [Outcome(**node) for node in record["nodes"]], needs):
                content = json.dumps(asdict(settled))
                write_file(config.home.settled, f"{_digest(content)}\n{content}")


def _settle(config: Config, run: Run, outcomes: Sequence[Outcome], needs: str) -> Settled | None:
    from pipelines.runs.mlmd import connection, read_executions, read_outputs  # only here: a run may do without MLMD

    version = in_service(config.home)
    published = [outcome.details.get("version") for outcome in outcomes if outcome.node == PUBLISHES]
    touched = [path for path in list_named(config).values() if path.stat().st_ctime >= run.started.stat().st_mtime]
    if version is None or published != [version.number] or touched:
        return None
    store = connection(config)
    made = read_outputs(store, read_executions(store, config.name, run.id).values())
    [data] = {
        artifact.custom_properties[INPUT].string_value for artifact in made if INPUT in artifact.custom_properties
    }
    return Settled(
        run=run.id,
        needs=needs,
        data=data,
        version=as_line(version.manifest),
        metadata="" if config.storage.metadata else file_digest(config.home.metadata).hex(),
        artifacts={each.uri: each.custom_properties[DIGEST].string_value for each in made},
        outcomes=[_repeat(outcome, version.number) for outcome in outcomes],
    )


def _repeat(outcome: Outcome, version: int) -> Outcome:
    """Returns the outcome as the cache has it, when what it made is in service."""
    cached = replace(outcome, state="cached", seconds=0.0, cpu=0.0, memory=None)
    if outcome.node != PUBLISHES:
        return cached
    return replace(cached, text=TOLD[False].format(version), details={"version": version, "new": False})


def read_kept(path: Path, needs: str) -> Settled | None:
    """Returns what is recorded of a run with these needs; None where nothing is, or not as it was written."""
    seal, _, content = path.read_text().partition("\n")
    if seal != _digest(content) or (record := json.loads(content))["needs"] != needs:
        return None
    return Settled(**record | {"outcomes": [Outcome(**outcome) for outcome in record["outcomes"]]})


@contextmanager
def certain() -> Iterator[None]:
    """Passes over what keeps the block from being certain of something; a signal is heard."""
    try:
        yield
    except Stopped:
        raise
    except (OSError, ValueError, MillraceError):
        return  # the nodes are asked, and say what is wrong


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
