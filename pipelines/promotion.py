"""Putting a candidate into service on somebody's word."""

from pathlib import Path

from components.registry import Published, Record
from components.registry import promote as publish
from configs.errors import ConfigError, NotBlessed
from configs.schema import Config
from pipelines import records, runs


def promote(config: Config, run_id: str | None, reason: str, dry_run: bool = False) -> Published | None:
    """Publishes the candidate of a run, the newest without an id, whatever the Evaluator said of it.

    Returns None on a dry run. Raises ConfigError when the run has no candidate left; NotBlessed when the model did not
    pass its load check, since it could not serve.
    """
    record = runs.find(config.home, run_id)
    outcomes = records.read(config.home, record["run"])
    folder = Path(record["folder"])
    if "Trainer" not in outcomes or not outcomes["Trainer"].succeeded:
        raise ConfigError("This run trained no candidate", where=str(folder), remedy="Name another by --run.")
    if "LoadCheck" not in outcomes or not outcomes["LoadCheck"].succeeded:
        raise NotBlessed("The candidate did not pass its load check: it could not serve.", where=str(folder))
    model = Path(outcomes["Trainer"].outputs["model"][0], "Format-Serving")
    if not model.exists():
        raise ConfigError("The candidate's files are gone", where=str(model), remedy="Run the pipeline again.")
    extras = {
        "schema": Path(outcomes["SchemaGen"].outputs["schema"][0]),
        "statistics": Path(outcomes["StatisticsGen"].outputs["statistics"][0]),
        "evaluation": Path(outcomes["Evaluator"].outputs["evaluation"][0]),
        "config.json": folder / runs.CONFIG,
    }
    if dry_run:
        return None
    metrics = outcomes["Evaluator"].details["overall"]
    return publish(config.home, model, extras, Record(record["run"], reason, metrics))
