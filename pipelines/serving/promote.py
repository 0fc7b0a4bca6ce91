"""Putting a candidate into service on somebody's word."""

from collections.abc import Mapping
from pathlib import Path

from components.registry.challenger import find_waiting
from components.registry.door import require_sealed
from components.registry.model_registry import Candidate, Published, Record
from components.registry.model_registry import promote as publish
from components.registry.tree_digest import tree_digest
from components.registry.versions import EXTRA, Version, in_service, intact, versions
from configs.errors import ConfigError, NotBlessed
from configs.home import Home
from pipelines.runs.directory import find_record
from pipelines.runs.outcomes import Outcome, read_outcomes
from pipelines.runs.run import Run
from pipelines.storage import sync

CARRIED = {"schema": "SchemaGen", "statistics": "StatisticsGen", "evaluation": "Evaluator"}


def promote(home: Home, run_id: str | None, reason: str) -> Published:
    """Publishes the candidate of a run, the newest without an id, unblessed; raises as `propose` and the registry."""
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
    if waiting := find_challenger(home, run.id):
        return Candidate(waiting.path), Record(run.id, reason, waiting.manifest["metrics"])
    sync.fetch_files(home, run.config, run.card, run.outcomes)
    outcomes = read_outcomes(run)
    _require(run, outcomes)
    trained = "Compress" if "Compress" in outcomes else "Trainer"
    uris = {name: outcomes[node].outputs[name][0] for name, node in {"model": trained, **CARRIED}.items()}
    places = {name: sync.fetch_artifact(home, uri) for name, uri in uris.items()}
    recorded = {uri: digest for outcome in outcomes.values() for uri, digest in outcome.digests.items()}
    files = {file.name: file for file in (run.config, run.card) if file.exists()}
    candidate = Candidate(
        model=places["model"] / "Format-Serving",
        extras={name: places[name] for name in CARRIED} | files,
        seals={places[name]: recorded.get(uri, "") for name, uri in uris.items()},
    )
    require_sealed(candidate)
    return candidate, Record(run.id, reason, outcomes["Evaluator"].details["overall"])


def find_challenger(home: Home, run_id: str) -> Version | None:
    """Returns the model that waits as a challenger, its files verified, if it is of this run."""
    sync.fetch_challenger(home)
    waiting = find_waiting(home)
    return in_service(home.challenger) if waiting and waiting.line["run"] == run_id else None


def foresee(home: Home, model: Path) -> tuple[bool, str]:
    """Returns whether promoting a model would publish a version, and what to say of it."""
    digest, current = tree_digest(model, exclude=[EXTRA]), intact(home)
    if current and current.model_digest == digest:
        return False, f"Nothing new: version {current.number} is this model."
    equal = _find_equal(home, digest)
    return True, f"The candidate would be published{f': it is the model of version {equal[-1]}' if equal else ''}."


def describe(home: Home, published: Published) -> str:
    """Returns what to say of a promotion."""
    version = published.version
    if not published.new:
        return f"Nothing new: version {version.number} is this model."
    equal = _find_equal(home, version.model_digest)[:-1]
    again = f" It is the model of version {equal[-1]}, published again." if equal else ""
    return f"Version {version.number} is in service.{again}"


def _find_equal(home: Home, digest: str) -> list[int]:
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
