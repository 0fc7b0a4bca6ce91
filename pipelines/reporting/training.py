"""How a training went, in words and figures: how long, how fast, where it stopped and why, and what it trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.evaluation.model_card import tell_privacy
from configs.quantities import count
from configs.schema.config import Config
from pipelines.reporting.lanes import choose_lanes
from pipelines.reporting.units import tell_seconds

LOSS = "val_loss"
MOST = 200  # layers that are shown


@dataclass(frozen=True)
class Line:
    """What a layer puts out: the rows of the layer and of those that read it, its lane, and what is told of it."""

    rows: Sequence[int]
    lane: int
    tip: str


@dataclass(frozen=True)
class Told:
    """Facts of a training by what they are called, and the layers of its model, of many the first."""

    facts: Mapping[str, str]
    layers: Sequence[Mapping[str, Any]]  # name, kind, shape, parameters
    lines: Sequence[Line]  # from a layer to those that read it; none of an older run


def tell_training(details: Mapping[str, Any], config: Config) -> Told | None:
    """Returns what the Trainer's details say; None where it did not train."""
    history = details.get("history")
    if not history or not history.get(LOSS):
        return None
    facts = {
        "stopped": tell_end(history[LOSS], details.get("unit", "epoch"), config),
        "batch": count(details["batch_size"], "row") if details.get("batch_size") else "",
        "time": _tell_pace(details, len(history[LOSS])),
        "parameters": f"{details['parameters']:,}" if details.get("parameters") else "",
        "devices": details.get("devices", ""),
        "privacy": tell_privacy(details["privacy"]) if details.get("privacy") else "",
    }
    layers = details.get("layers", [])[:MOST]
    return Told({name: fact for name, fact in facts.items() if fact}, layers, join_layers(layers))


def join_layers(layers: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Returns a line from each layer to those that read it."""
    readers = [[row for row, other in enumerate(layers) if layer["name"] in other.get("reads", ())] for layer in layers]
    lines = [[row, *read] for row, read in enumerate(readers) if read]
    lanes = choose_lanes(lines)
    return [
        Line(line, lane, f"{layers[line[0]]['name']}, read by {', '.join(layers[row]['name'] for row in line[1:])}")
        for line, lane in zip(lines, lanes, strict=True)
    ]


def tell_end(losses: Sequence[float], unit: str, config: Config) -> str:
    """Returns where a training ended and why, by its losses on the eval split."""
    best, stopping = min(range(len(losses)), key=losses.__getitem__) + 1, config.training.early_stopping
    if stopping and unit == "epoch" and best + stopping.patience < len(losses) + 1 and len(losses) < _most(config):
        borne = count(stopping.patience, unit)
        return (
            f"after {count(len(losses), unit)}: the eval loss had been no better for {borne}; "
            f"the weights are those of the best, {unit} {best}"
        )
    kept = "the weights are those of the best," if stopping else "the eval loss was best in"
    return f"after {count(len(losses), unit)}, as many as were to be; {kept} {unit} {best}"


def _most(config: Config) -> float:
    training = config.training
    return float("inf") if training.steps else training.federated.rounds if training.federated else training.epochs


def _tell_pace(details: Mapping[str, Any], epochs: int) -> str:
    if not details.get("seconds") or not details.get("steps"):
        return ""
    step = 1000 * details["seconds"] / (details["steps"] * epochs)
    return f"{tell_seconds(details['seconds'])}, {step:.3g} ms a step with what comes between"
