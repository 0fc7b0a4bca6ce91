"""What data shows that a schema does not know, and the schema that allows it."""

from collections.abc import Iterator, Mapping, MutableSequence
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.schemas.tfdv_schema import Statistics, infer
from configs.errors import ConfigError

SHOWN = 5  # of the values that are new or gone
DOMAINS = {schema_pb2.FLOAT: "float_domain", schema_pb2.INT: "int_domain"}
Range = tuple[float | None, float | None]


@dataclass(frozen=True)
class Change:
    """One way in which the data differs from what the schema says of a column."""

    column: str
    change: str
    text: str


def observe(statistics: Mapping[str, Statistics]) -> schema_pb2.Schema:
    """Returns a schema of exactly what the data holds: ranges that are not widened, the most frequent values."""
    schema = infer(statistics)
    for feature in schema.feature:
        columns = [column for split in statistics.values() if (column := _column(split, feature.name))]
        if feature.type == schema_pb2.BYTES:
            listed = (bucket.label for column in columns for bucket in column.string_stats.rank_histogram.buckets)
            feature.string_domain.value[:] = sorted(set(listed))
        elif held := [c.num_stats for c in columns if c.num_stats.common_stats.num_non_missing]:
            _set_range(feature, min(column.min for column in held), max(column.max for column in held))
    return schema


def compare(known: schema_pb2.Schema, seen: schema_pb2.Schema) -> list[Change]:
    """Returns how `seen`, as `observe` makes it, differs from the known schema, column by column."""
    before, after = by_name(known), by_name(seen)
    changes: list[Change] = []
    for name in dict.fromkeys((*before, *after)):
        if name not in before:
            changes.append(Change(name, "new column", _type(after[name])))
        elif name not in after:
            changes.append(Change(name, "removed column", "the pipeline does not read it any more"))
        else:
            changes += _compare(before[name], after[name], _values(known, before[name]))
    return changes


def widen(known: schema_pb2.Schema, seen: schema_pb2.Schema) -> schema_pb2.Schema:
    """Returns the known schema, which now allows as well what was seen of its columns.

    Raises ConfigError where a type differs: it never changes by itself.
    """
    schema = schema_pb2.Schema()
    schema.CopyFrom(known)
    after = by_name(seen)
    for feature in schema.feature:
        if other := after.get(feature.name):
            _require_type(feature, other)
            if (values := _values(schema, feature)) is not None:
                values[:] = sorted({*values, *other.string_domain.value})
            if span := _range(feature):
                _set_range(feature, *_union(span, _range(other)))
            for key in ("min_fraction", "min_count"):
                if not getattr(other.presence, key):
                    feature.presence.ClearField(key)
    return schema


def by_name(schema: schema_pb2.Schema) -> dict[str, schema_pb2.Feature]:
    """Returns the schema's columns."""
    return {feature.name: feature for feature in schema.feature}


def _compare(
    before: schema_pb2.Feature, after: schema_pb2.Feature, values: MutableSequence[str] | None
) -> Iterator[Change]:
    name = before.name
    if before.type != after.type:
        yield Change(name, "type", f"{_type(before)} → {_type(after)}")
        return
    if values is not None:
        seen = after.string_domain.value
        if new := sorted({*seen} - {*values}):
            yield Change(name, "new values", _list(new))
        if gone := sorted({*values} - {*seen}):
            yield Change(name, "values not seen", _list(gone))
    if (span := _range(before)) and (wider := _union(span, _range(after))) != span:
        yield Change(name, "wider range", f"{_show_range(span)} → {_show_range(wider)}")
    if not after.presence.min_fraction and before.presence.min_fraction:
        yield Change(name, "missing values", "there were none")


def _require_type(known: schema_pb2.Feature, seen: schema_pb2.Feature) -> None:
    if known.type != seen.type:
        what = f"the column `{known.name}` was {_type(known)} and is {_type(seen)} now; no type changes by itself"
        raise ConfigError(what, f"features.{known.name}", f"Correct its kind, or accept it: --retype {known.name}.")


def _column(statistics: Statistics, name: str) -> statistics_pb2.FeatureNameStatistics | None:
    return next((column for column in statistics.datasets[0].features if column.path.step[0] == name), None)


def _values(schema: schema_pb2.Schema, feature: schema_pb2.Feature) -> MutableSequence[str] | None:
    """Returns the values that a column may have, as the schema holds them; None where it may have any."""
    if feature.HasField("string_domain"):
        return feature.string_domain.value
    return next((domain.value for domain in schema.string_domain if domain.name == feature.domain), None)


def _range(feature: schema_pb2.Feature) -> Range | None:
    """Returns the lowest and the highest number a column may have, None for no limit; None where it may have any."""
    name = DOMAINS.get(feature.type, "")
    if feature.WhichOneof("domain_info") != name:
        return None
    domain = getattr(feature, name)
    return (domain.min if domain.HasField("min") else None, domain.max if domain.HasField("max") else None)


def _set_range(feature: schema_pb2.Feature, low: float | None, high: float | None) -> None:
    domain = getattr(feature, DOMAINS[feature.type])
    for end, limit in (("min", low), ("max", high)):
        if limit is not None:
            setattr(domain, end, int(limit) if feature.type == schema_pb2.INT else limit)


def _union(span: Range, other: Range | None) -> Range:
    """Returns the range of both; a limit that is None is open."""
    (low, high), (lower, higher) = span, other or span
    return (
        None if low is None or lower is None else min(low, lower),
        None if high is None or higher is None else max(high, higher),
    )


def _type(feature: schema_pb2.Feature) -> str:
    return schema_pb2.FeatureType.Name(feature.type)


def _show_range(span: Range) -> str:
    return " to ".join("any" if end is None else f"{end:g}" for end in span)


def _list(values: list[str]) -> str:
    more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    return ", ".join(values[:SHOWN]) + more
