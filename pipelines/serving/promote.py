"""Putting a candidate into service on somebody's word."""

from collections.abc import Mapping
from pathlib import Path

from components.registry.door import require_sealed
from components.registry.model_registry import Candidate, Published, Record
from components.registry.model_registry import promote as publish
from components.registry.tree_digest import tree_digest
from components.registry.versions import EXTRA, versions
from configs.errors import ConfigError, NotBlessed
from configs.home import Home
from pipelines.runs.directory import find_record
from pipelines.runs.outcomes import Outcome, read_outcomes
from pipelines.runs.run import Run
from pipelines.storage import sync

CARRIED = {"schema": "SchemaGen", "statistics": "StatisticsGen", "evaluation": "Evaluator"}


def promote(home: Home, run_id: str | None, reason: str) -> Published:
    """Publishes the candidate of a run, the newest without an id, whatever the Evaluator said of it; raises as
    `propose` and the registry do.
    """
    candidate, record = propose(home, run_id, reason)
    published = publish(home, candidate, record)
    sync.put_service(home)
    return published


def propose(home: Home, run_id: str | None, reason: str) -> tuple[Candidate, Record]:
    """Returns the candidate of a run and what to remember of its promotion.

    Raises ConfigError when the run has no candidate left; NotBlessed when the model did not pass its load check, since
    it could not serve; MillraceError when a file of it was changed after it was made.
    """
    sync.fetch_records(home)
    run = Run(home, find_record(home, run_id)["run"])
    sync.fetch_files(home, run.config, run.outcomes)
    outcomes = read_outcomes(run)
    _require(run, outcomes)
    uris = {name: outcomes[node].outputs[name][0] for name, node in {"model": "Trainer", **CARRIED}.items()}
    places = {name: sync.fetch_artifact(home, uri) for name, uri in uris.items()}
    recorded = {uri: digest for outcome in outcomes.values() for uri, digest in outcome.digests.items()}
    candidate = Candidate(
        model=places["model"] / "Format-Serving",
        extras={name: places[name] for name in CARRIED} | {"config.json": run.config},
        seals={places[name]: recorded.get(uri, "") for name, uri in uris.items()},
    )
    require_sealed(candidate)
    return candidate, Record(run.id, reason, outcomes["Evaluator"].details["overall"])


def find_equal(home: Home, model: Path) -> list[int]:
    """Returns the versions that hold a model, oldest first."""
    digest = tree_digest(model, exclude=[EXTRA])
    return [version.number for version in versions(home) if version.model_digest == digest]


def _require(run: Run, outcomes: Mapping[str, Outcome]) -> None:
    ended = {node for node, outcome in outcomes.items() if outcome.succeeded}
    if "Trainer" not in ended:
        raise ConfigError("This run trained no candidate", where=str(run.folder), remedy="Name another by --run.")
    if "LoadCheck" not in ended:
        raise NotBlessed("The candidate did not pass its load check: it could not serve.", where=str(run.folder))
    if missing := sorted({*CARRIED.values()} - ended):
        what = f"This run's {missing[0]} did not end well: what a version carries is not there"
        raise ConfigError(what, where=str(run.folder), remedy="Name another by --run.")
