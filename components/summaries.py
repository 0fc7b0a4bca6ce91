"""What a person wants to know of a node: the figure that matters, and the details behind it, from its outputs."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tfx import types
from tfx.types import artifact_utils

from components.data_gate import FOUND
from components.evaluation.results import OVERALL, Measured, confuse, failures, measure
from components.schemas.tfdv_schema import FILE, read, read_statistics
from components.sklearn_baselines import compare
from components.tuner import read as read_trials
from configs.schema.evaluation import MAIN
from trainer.run_fn import FACTS, HISTORY

Outputs = Mapping[str, Sequence[types.Artifact]]


@dataclass(frozen=True)
class Summary:
    """One line for the screen, and plain data for the report."""

    text: str
    details: Mapping[str, Any] = field(default_factory=dict)


def summarise(node_id: str, outputs: Outputs) -> Summary:
    """Returns the summary of a node from what it, or the execution that the cache answered with, has left."""
    return SUMMARIES[node_id](outputs)


def _examples(outputs: Outputs) -> Summary:
    [examples] = outputs["examples"]
    splits = artifact_utils.decode_split_names(examples.split_names)
    rows = {split: examples.get_int_custom_property(f"rows_{split}") for split in splits}
    parts = " / ".join(f"{count:,} {split}" for split, count in rows.items())
    spans = [int(span) for span in examples.get_string_custom_property("spans").split(", ") if span]
    text = f"span{'s' * (len(spans) > 1)} {', '.join(map(str, spans))}: " if spans else ""
    return Summary(f"{text}{sum(rows.values()):,} rows: {parts}", {"rows": rows} | ({"spans": spans} if spans else {}))


def _statistics(outputs: Outputs) -> Summary:
    statistics = read_statistics(outputs["statistics"][0])
    features = {
        feature.path.step[0]: {
            "missing": feature.num_stats.common_stats.num_missing or feature.string_stats.common_stats.num_missing,
            "mean": feature.num_stats.mean if feature.HasField("num_stats") else None,
            "unique": feature.string_stats.unique if feature.HasField("string_stats") else None,
        }
        for feature in statistics["train"].datasets[0].features
    }
    return Summary(f"{len(features)} columns", {"columns": features})


def _schema(outputs: Outputs) -> Summary:
    path = Path(outputs["schema"][0].uri, FILE)
    columns = len(read(path).feature)
    return Summary(
        f"{columns} columns, {outputs['schema'][0].get_string_custom_property('source')}", {"path": str(path)}
    )


def _anomalies(outputs: Outputs) -> Summary:
    record = json.loads(Path(outputs["anomalies"][0].uri, FOUND).read_text())
    found = len(record["anomalies"])
    if not found:
        return Summary("no anomalies", record)
    return Summary(f"{found} anomal{'y' if found == 1 else 'ies'} accepted: {record['accepted']}", record)


def _transform(outputs: Outputs) -> Summary:
    folder = Path(outputs["transform_graph"][0].uri, "transform_fn", "assets")
    vocabularies = len(list(folder.glob("*"))) if folder.exists() else 0
    return Summary(f"{vocabularies} vocabularies")


def _tuner(outputs: Outputs) -> Summary:
    found = read_trials(outputs["tuner_results"][0])
    failed = sum(trial["score"] is None for trial in found["trials"])
    count = f"{len(found['trials'])} trials" + (f", of which {failed} failed" if failed else "")
    best = next(trial for trial in found["trials"] if trial["trial"] == found["best"])
    values = ", ".join(f"{key} {_short(value)}" for key, value in best["values"].items())
    return Summary(f"{count}; {found['objective']} {best['score']:.4f} with {values}", found)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else json.dumps(value)


def _train(outputs: Outputs) -> Summary:
    folder = Path(outputs["model_run"][0].uri)
    history, facts = (json.loads((folder / name).read_text()) for name in (HISTORY, FACTS))
    loss, val_loss = history["loss"], history["val_loss"]
    text = f"{len(loss)} epochs, loss {loss[-1]:.4g}, best eval loss {min(val_loss):.4g}"
    if facts["base"]:
        text += f", from version {facts['base']} on"
    if facts["begun"]:
        text += f", gone on with from step {facts['begun']:,}"
    return Summary(text, {"history": history, **facts})


def _baseline(outputs: Outputs) -> Summary:
    models = outputs.get("model", [])
    if not models:
        return Summary("nothing else in service to compare with")
    return Summary(f"version {models[0].get_int_custom_property('version')}")


def _evaluation(outputs: Outputs) -> Summary:
    folder = outputs["evaluation"][0].uri
    measured, missed = measure(folder), failures(folder)
    overall = {item.metric: item for item in measured if item.slice == OVERALL}
    text = (
        "; ".join(missed)
        if missed
        else f"{_compared(next(overall[name] for name in MAIN if name in overall))}, blessed"
    )
    details = {
        "overall": {name: item.candidate for name, item in overall.items()},
        "metrics": [asdict(item) for item in measured],
        "confusion": confuse(folder),
        "missed": missed,
    }
    return Summary(text, details)


def _compared(item: Measured) -> str:
    against = f" against {item.baseline:.4f} in service" if item.baseline is not None else ""
    return f"{item.metric} {item.candidate:.4f}{against}"


def _sklearn_baselines(outputs: Outputs) -> Summary:
    models = compare(outputs["evaluation"][0])
    metric = next(name for name in MAIN if name in next(iter(models.values())))
    reached = ", ".join(f"{name} {found[metric]:.4f}" for name, found in models.items() if metric in found)
    return Summary(f"{metric}: {reached}", {"metric": metric, "models": models})


def _load_check(outputs: Outputs) -> Summary:
    return Summary(f"{outputs['blessing'][0].get_int_custom_property('rows')} rows answered as trained")


def _pusher(outputs: Outputs) -> Summary:
    [pushed] = outputs["pushed_model"]
    number, new = pushed.get_int_custom_property("version"), bool(pushed.get_int_custom_property("new"))
    text = f"version {number} published" if new else f"nothing new: version {number} is this model"
    return Summary(text, {"version": number, "new": new})


SUMMARIES: dict[str, Callable[[Outputs], Summary]] = {
    "ExampleGen": _examples,
    "StatisticsGen": _statistics,
    "SchemaGen": _schema,
    "DataGate": _anomalies,
    "Transform": _transform,
    "Tuner": _tuner,
    "Trainer": _train,
    "Resolver": _baseline,
    "Evaluator": _evaluation,
    "SklearnBaselines": _sklearn_baselines,
    "LoadCheck": _load_check,
    "Pusher": _pusher,
}
