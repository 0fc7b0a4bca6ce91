"""The model card of a run, of what its record says."""

from collections.abc import Mapping
from typing import Any

from components.evaluation.judgement import Measured
from components.evaluation.model_card import ModelCard, describe_model
from configs.schema.config import Config
from pipelines.reporting.lineage import tell_command


def read_card(record: Mapping[str, Any], config: Config) -> ModelCard | None:
    """Returns the card of the model that a run made; None where it was not judged."""
    details = {node["node"]: node["details"] for node in record["nodes"]}
    measured = [Measured(**item) for item in details.get("Evaluator", {}).get("metrics", [])]
    if not measured:
        return None
    rows, spent = (details.get(node, {}).get(key) for node, key in (("ExampleGen", "rows"), ("Trainer", "privacy")))
    return describe_model(config, measured, rows or {}, record["run"], tell_command(record), spent)
