"""A node of a cluster's run that has nothing to do: answered by the record of the last run that ended well.

TFX, which takes a container twenty seconds to load, is not asked: what the node would work on has the content that it
had then, what it made is there as it was, and its code and its config are the same, so that TFX's cache would answer as
well. The metadata store is told so, for the nodes after it and for the lineage. Of what cannot be told for certain the
node itself is asked.
"""

import time
from dataclasses import replace
from pathlib import Path

from components.readers import spans
from components.registry.tree_digest import tree_digest
from components.registry.versions import as_line, in_service
from configs.nodes import NodeSpec
from configs.schema.config import Config
from pipelines.execution import settled
from pipelines.execution.settled import Settled
from pipelines.graph.nodes import choose_nodes
from pipelines.runs.mlmd import connection, repeat_execution
from pipelines.runs.outcomes import Outcome, read_outcomes, write_outcome
from pipelines.runs.run import Run
from pipelines.storage import sync


def recall_settled(config: Config) -> Settled | None:
    """Returns the last run that ended well, if it depended on the config, the code and the files that are here."""
    with settled.certain():
        sync.fetch_files(config.home, config.home.settled)
        needs = settled.digest_needs(config, [spec.id for spec in choose_nodes(config)])
        return settled.read_kept(config.home.settled, needs) if needs else None
    return None


def keep_settled(config: Config, run: Run, record: dict[str, object]) -> None:
    """Keeps the record of a run of a cluster that ended well, for the next one's nodes."""
    with settled.certain():
        settled.keep(config, run, record, settled.digest_needs(config, [spec.id for spec in choose_nodes(config)]))
        sync.put_files(config.home, *filter(Path.exists, [config.home.settled]))


def repeat_node(config: Config, run: Run, node: str, known: Settled) -> Outcome | None:
    """Answers for a node of a run, which is on record then; None where it has to be launched."""
    started = time.monotonic()
    specs = {spec.id: spec for spec in choose_nodes(config)}
    then = {outcome.node: outcome for outcome in known.outcomes}
    with settled.certain():
        if not _holds(config, run, specs[node], known, then):
            return None
        made = {uri for places in then[node].outputs.values() for uri in places}
        number = repeat_execution(connection(config), config.name, run.id, then[node].execution or 0, made)
        if number is None:
            return None
        outcome = replace(then[node], execution=number, seconds=time.monotonic() - started)
        write_outcome(run, outcome)
        return outcome
    return None


def _holds(config: Config, run: Run, spec: NodeSpec, known: Settled, then: dict[str, Outcome]) -> bool:
    """Whether what a node reads, what is in service and what it made are what they were in the run that is known."""
    version, now = in_service(config.home), read_outcomes(run)
    if version is None or as_line(version.manifest) != known.version:
        return False
    if not spec.after and spans.digest_data(config.data) != known.data:
        return False
    for id in spec.after:
        if id not in now or (now[id].outputs, now[id].digests) != (then[id].outputs, then[id].digests):
            return False
    digests = then[spec.id].digests
    sync.fetch_files(config.home, *map(Path, digests))
    return all(tree_digest(Path(place)) == digest for place, digest in digests.items())
