"""Putting a candidate into service on somebody's word."""

from components.registry.model_registry import Published, Record
from components.registry.model_registry import promote as publish
from configs.errors import ConfigError, NotBlessed
from configs.schema.config import Config
from pipelines.runs.directory import find_record
from pipelines.runs.outcomes import read_outcomes
from pipelines.runs.run import Run
from pipelines.storage import sync


def promote(config: Config, run_id: str | None, reason: str, dry_run: bool = False) -> Published | None:
    """Publishes the candidate of a run, the newest without an id, whatever the Evaluator said of it.

    Returns None on a dry run. Raises ConfigError when the run has no candidate left; NotBlessed when the model did not
    pass its load check, since it could not serve.
    """
    home = config.home
    sync.fetch_records(home)
    run = Run(home, find_record(home, run_id)["run"])
    sync.fetch_files(home, run.config, run.outcomes)
    outcomes = read_outcomes(run)
    if "Trainer" not in outcomes or not outcomes["Trainer"].succeeded:
        raise ConfigError("This run trained no candidate", where=str(run.folder), remedy="Name another by --run.")
    if "LoadCheck" not in outcomes or not outcomes["LoadCheck"].succeeded:
        raise NotBlessed("The candidate did not pass its load check: it could not serve.", where=str(run.folder))
    model = sync.fetch_artifact(home, outcomes["Trainer"].outputs["model"][0]) / "Format-Serving"
    if not model.exists():
        raise ConfigError("The candidate's files are gone", where=str(model), remedy="Run the pipeline again.")
    sources = {"schema": "SchemaGen", "statistics": "StatisticsGen", "evaluation": "Evaluator"}
    extras = {name: sync.fetch_artifact(home, outcomes[node].outputs[name][0]) for name, node in sources.items()}
    extras["config.json"] = run.config
    if dry_run:
        return None
    metrics = outcomes["Evaluator"].details["overall"]
    published = publish(home, model, extras, Record(run.id, reason, metrics))
    sync.put_service(home)
    return published
