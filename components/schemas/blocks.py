"""Statistics held against a schema, a block of columns at a time."""

from collections.abc import Iterator

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from components.schemas.tfdv_schema import Statistics

COLUMNS = 100  # of a block: TFDV looks for each column's like from the first on, 16 s a split with 5,000 of them


def validate_statistics(
    statistics: Statistics, schema: schema_pb2.Schema, **others: Statistics | None
) -> Iterator[tuple[str, anomalies_pb2.AnomalyInfo]]:
    """Yield each column that breaks a rule, and which, as the function of TFDV of this name finds them.

    `others` are the statistics that it compares with, by the names of its parameters.
    """
    columns = [column.path.step[0] for column in statistics.datasets[0].features]
    names = list(dict.fromkeys([*(feature.name for feature in schema.feature), *columns]))
    joined = schema.sparse_feature or schema.weighted_feature  # each of which speaks of several columns
    size = max(1, len(names)) if joined else COLUMNS
    blocks = {name: index // size for index, name in enumerate(names)}
    count = -(-len(names) // size)
    parts = {role: _divide_statistics(other, blocks, count) for role, other in others.items() if other}
    currents, schemas = _divide_statistics(statistics, blocks, count), _divide_schema(schema, blocks, count)
    for index, (current, rules) in enumerate(zip(currents, schemas, strict=True)):
        found = tfdv.validate_statistics(current, rules, **{role: part[index] for role, part in parts.items()})
        yield from found.anomaly_info.items()


def _divide_statistics(statistics: Statistics, blocks: dict[str, int], count: int) -> list[Statistics]:
    [whole] = statistics.datasets
    parts = []
    for _ in range(count):
        part = Statistics()
        part.datasets.add(
            name=whole.name, num_examples=whole.num_examples, weighted_num_examples=whole.weighted_num_examples
        )
        parts.append(part)
    for column in whole.features:
        if (name := column.path.step[0]) in blocks:
            parts[blocks[name]].datasets[0].features.append(column)
    return parts


def _divide_schema(schema: schema_pb2.Schema, blocks: dict[str, int], count: int) -> list[schema_pb2.Schema]:
    shared = schema_pb2.Schema()
    shared.CopyFrom(schema)
    shared.ClearField("feature")
    parts = []
    for _ in range(count):
        part = schema_pb2.Schema()
        part.CopyFrom(shared)
        parts.append(part)
    for feature in schema.feature:
        parts[blocks[feature.name]].feature.append(feature)
    return parts
