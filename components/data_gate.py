"""DataGate: anomalies against the schema, drift from what is in service, skew between splits."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, standard_artifacts

from components import in_service_driver
from components.base import Made, node
from components.feature_statistics.distance import (
    Statistics,
    allow_for_chance,
    distance,
    numbers,
    percentiles,
)
from components.feature_statistics.distributions import describe, measure_drift
from components.schemas import evolution
from components.schemas.blocks import validate_statistics
from components.schemas.free_columns import free
from components.schemas.places import FILE
from components.schemas.tfdv_schema import read_schema, read_statistics
from components.summaries import Outputs, Summary
from components.validation.precision import COARSE, WHOLE, choose_offset, find_step
from configs.errors import DataRejected
from configs.schema.config import Config
from configs.schema.features import Numeric
from configs.schema.gate import Gate

FOUND = "anomalies.json"
OF_SCHEMA = {"gate.unseen", "data.schema_file"}  # keys of what an accepted schema allows
IN_VERSION = "assets.extra/statistics/Split-train/FeatureStats.pb"
UNKNOWN = ("new values", "wider range")
Reason: TypeAlias = anomalies_pb2.AnomalyInfo


@dataclass(frozen=True)
class Anomaly:
    """One rule that one feature breaks in one split."""

    split: str
    feature: str
    rule: str
    text: str
    key: str

    def __str__(self) -> str:
        return f"{self.feature} ({self.split} split): {self.text} [{self.rule}, {self.key}]"


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that stops a run whose data broke a rule, unless `gate.accept` gives a reason to go on."""
    return node(
        "DataGate",
        Executor,
        inputs={
            "statistics": made["StatisticsGen"].outputs["statistics"],
            "schema": made["SchemaGen"].outputs["schema"],
        },
        outputs={"anomalies": standard_artifacts.ExampleAnomalies},
        parameters={
            "home": str(config.home.root),
            "gate": config.gate.model_dump_json(),
            "free": json.dumps(free(config)),
            "offsets": json.dumps(list_offsets(config)),
            "weight": config.data.weight or "",
            in_service_driver.IN_SERVICE: "",
        },
        driver=in_service_driver.Driver,
    )


def summarise(outputs: Outputs) -> Summary:
    """Returns how many anomalies were accepted, and why."""
    record = json.loads(Path(outputs["anomalies"][0].uri, FOUND).read_text())
    found = len(record["anomalies"])
    if not found:
        return Summary("no anomalies", record)
    return Summary(f"{found} anomal{'y' if found == 1 else 'ies'} accepted: {record['accepted']}", record)


class Executor(BaseExecutor):
    """Writes the anomalies; raises DataRejected when they are not accepted."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        gate = Gate.model_validate_json(exec_properties["gate"])
        statistics = read_statistics(artifact_utils.get_single_instance(input_dict["statistics"]))
        schema = read_schema(Path(artifact_utils.get_single_uri(input_dict["schema"])) / FILE)
        version = in_service_driver.version_of(exec_properties)
        previous = tfdv.load_stats_binary(str(version.path / IN_VERSION)) if version else None
        free, offsets = (json.loads(exec_properties[key]) for key in ("free", "offsets"))
        found = list(anomalies(statistics, schema, gate, previous, free, offsets, exec_properties["weight"]))
        limit = _limit(gate.drift, statistics["train"], previous)
        drift = {
            name: {"distance": round(gap, 4), "limit": limit}
            for name, gap in (measure_drift(statistics["train"], previous) if previous else {}).items()
            if name not in free
        }
        told = {
            "anomalies": [vars(anomaly) for anomaly in found],
            "drift": drift,
            "served": describe_served(statistics["train"], previous) if previous else {},
            "unknown": list_unknown(schema, statistics, free) if previous else [],
        }
        if found and not gate.accept:
            raise rejection(found, told)
        record = {"accepted": gate.accept if found else None, **told}
        Path(artifact_utils.get_single_uri(output_dict["anomalies"]), FOUND).write_text(json.dumps(record))


def list_unknown(
    schema: schema_pb2.Schema, statistics: Mapping[str, Statistics], free: Sequence[str]
) -> list[dict[str, str]]:
    """Returns the values and ranges that the schema does not have yet, be they few enough to pass or not."""
    changes = evolution.compare(schema, evolution.observe(statistics))
    return [vars(change) for change in changes if change.change in UNKNOWN and change.column not in free]


def describe_served(train: Statistics, previous: Statistics) -> dict[str, list[float]]:
    """Returns the shares that the rows of what is in service have in the bins of the train split, by column."""
    described = describe({"train": train, "served": previous})
    found = {name: column.get("shares", {}).get("served") for name, column in described.items()}
    return {name: shares for name, shares in found.items() if shares}


def rejection(found: Sequence[Anomaly], told: Mapping[str, Any] = MappingProxyType({})) -> DataRejected:
    """Returns the error that names every anomaly, and what to do about them; `told` are its details."""
    broken = {anomaly.key for anomaly in found}
    keys = " or ".join(sorted(broken))
    remedy = f"Mend the data, change {keys} in the config, or run again with --accept-anomalies REASON."
    if broken & OF_SCHEMA:
        remedy += (
            " Is the data right? `millrace schema diff CONFIG` lists what is new, `schema accept CONFIG` keeps it."
        )
    return DataRejected(
        f"{len(found)} anomal{'y' if len(found) == 1 else 'ies'} in the data:\n"
        + "\n".join(f"  {anomaly}" for anomaly in found),
        where="DataGate",
        remedy=remedy,
        details={"accepted": None, **told},
    )


def anomalies(
    statistics: Mapping[str, Statistics],
    schema: schema_pb2.Schema,
    gate: Gate,
    previous: Statistics | None,
    free: Sequence[str] = (),
    offsets: Mapping[str, str] = MappingProxyType({}),
    weight: str = "",
) -> Iterator[Anomaly]:
    """Yields what each split breaks: the schema; drift of train from `previous`; skew of the others from train.

    The values of `free` columns may be any; `offsets` are keys of what may be taken off a column's numbers, by column;
    `weight` is the column of what rows weigh.
    """
    yield from _check_precision(statistics["train"], offsets, weight)
    for split, current in statistics.items():
        other, role = (
            (previous, "previous_statistics") if split == "train" else (statistics["train"], "serving_statistics")
        )
        limit = _limit(gate.drift if split == "train" else gate.skew, current, other)
        rules = with_limits(schema, gate.unseen, limit, free)
        for path, info in validate_statistics(current, rules, **{role: other}):
            for reason in info.reason:
                key, text = _key(reason.type, split), reason.description.strip()
                text += f" At most {gate.unseen:.1%} of the rows may." if key == "gate.unseen" else ""
                yield Anomaly(split, path, Reason.Type.Name(reason.type), text, key)
        bound = (feature for feature in schema.feature if feature.name not in free)
        yield from _check_numbers(split, current, other, bound, gate.unseen, limit)


def _limit(limit: float | None, current: Statistics, other: Statistics | None) -> float | None:
    if other is None:
        return limit
    return allow_for_chance(limit, *(each.datasets[0].num_examples for each in (current, other)))


def with_limits(
    schema: schema_pb2.Schema, unseen: float, limit: float | None, free: Sequence[str] = ()
) -> schema_pb2.Schema:
    """Returns the schema with the limits for categories in it, and without rules for numbers and `free` columns."""
    rules = schema_pb2.Schema()
    rules.CopyFrom(schema)
    for feature in rules.feature:
        feature.ClearField("float_domain")
        if feature.name in free:
            feature.ClearField("domain_info")
        if feature.WhichOneof("domain_info") in ("domain", "string_domain"):
            feature.distribution_constraints.min_domain_mass = 1 - unseen
        if feature.type == schema_pb2.BYTES and feature.name not in free and limit is not None:
            feature.drift_comparator.infinity_norm.threshold = limit
            feature.skew_comparator.infinity_norm.threshold = limit
    return rules


def list_offsets(config: Config) -> dict[str, str]:
    """Returns the keys by which something can be taken off the numbers of a column, by column."""
    numeric = (name for name, feature in config.features.items() if isinstance(feature, Numeric))
    label = {config.label.name: "label.offset"} if config.label.kind == "regression" else {}
    return {name: f"features.{name}.offset" for name in numeric} | label


def _check_precision(train: Statistics, offsets: Mapping[str, str], weight: str) -> Iterator[Anomaly]:
    """Yields the columns whose numbers float32, in which they are learnt from, hardly tells apart.

    Of weights only the ratios matter, which it keeps.
    """
    for name, column in ((column.path.step[0], column) for column in train.datasets[0].features):
        numbers = column.num_stats
        floats = column.type == statistics_pb2.FeatureNameStatistics.FLOAT and numbers.common_stats.num_non_missing
        if floats and name != weight:
            largest, alike = max(abs(numbers.min), abs(numbers.max)), numbers.min == numbers.max
            step = find_step(largest)
            if largest >= WHOLE if alike else numbers.std_dev < COARSE * step:
                common = choose_offset(numbers.mean, max(numbers.std_dev, step))
                mend = f"Say {offsets[name]}: {common:.17g}" if name in offsets else "Take what all rows share off them"
                text = (
                    f"Its numbers are about {numbers.mean:.6g} and deviate by {numbers.std_dev:.2g}; float32, in which "
                    f"they are learnt, has steps of {step:g} there. {mend}."
                )
                yield Anomaly("train", name, "PRECISION_LOST", text, offsets.get(name, "features"))


def _check_numbers(
    split: str,
    current: Statistics,
    other: Statistics | None,
    bound: Iterable[schema_pb2.Feature],
    unseen: float,
    limit: float | None,
) -> Iterator[Anomaly]:
    """Yields the numeric columns that leave their range, or whose distribution is not that of `other`.

    The distance is Kolmogorov and Smirnov's, between 0 and 1. TFDV's own, of Jensen and Shannon, is taken between
    histograms of equal widths, where a single far value moves most rows into another bucket.
    """
    columns, others = numbers(current), numbers(other) if other else {}
    for name, feature in ((feature.name, feature) for feature in bound if feature.name in columns):
        column, low, high = columns[name], feature.float_domain.min, feature.float_domain.max
        if feature.HasField("float_domain") and (share := share_outside(column, low, high)) > unseen:
            extreme = column.max if column.max > high else column.min
            text = (
                f"At least {share:.1%} of the rows lie outside [{low:g}, {high:g}], as {extreme:g} does; "
                f"at most {unseen:.1%} may."
            )
            yield Anomaly(split, name, "OUT_OF_RANGE", text, "gate.unseen")
        if limit is not None and name in others and (gap := distance(column, others[name])) > limit:
            text = f"The Kolmogorov-Smirnov distance is {gap:.2f}, above the limit {limit:g}."
            yield Anomaly(split, name, "KOLMOGOROV_SMIRNOV_HIGH", text, _straying(split))


def share_outside(column: statistics_pb2.NumericStatistics, low: float, high: float) -> float:
    """Returns the share of rows that lie outside the range for certain, to the percentile."""
    if low <= column.min and column.max <= high:
        return 0.0
    buckets = percentiles(column)
    outside = sum(bucket.sample_count for bucket in buckets if bucket.low_value > high or bucket.high_value < low)
    return max(outside, 1.0) / sum(bucket.sample_count for bucket in buckets)  # of all numbers, where rows hold lists


def _key(rule: int, split: str) -> str:
    if rule == Reason.COMPARATOR_L_INFTY_HIGH:
        return _straying(split)
    return "gate.unseen" if rule == Reason.ENUM_TYPE_UNEXPECTED_STRING_VALUES else "data.schema_file"


def _straying(split: str) -> str:
    return "gate.drift" if split == "train" else "gate.skew"
