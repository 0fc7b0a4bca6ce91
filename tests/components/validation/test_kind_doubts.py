"""A kind that takes hardly any cell of its column is wrong, and not the cells."""

import pyarrow as pa
import pytest

from components.validation.column_types import Role
from components.validation.kind_doubts import doubt_kind
from components.validation.spelling import Spelling

DAYS = [f"{day}.05.2024" for day in range(10, 30)]


@pytest.mark.parametrize(
    ("role", "cells", "where", "what", "remedy"),
    [
        (
            Role("numeric", "company"),
            ["Blue Cab", "Red", "Blue Cab", "", " "],
            "features.company.kind",
            "numeric takes none of 2 different cells, such as `Blue Cab` in a.csv:2",
            "Write kind: categorical, or text.",
        ),
        (
            Role("numeric", "seen"),
            [f"2024-05-{day}" for day in range(10, 30)],
            "features.seen.kind",
            "numeric takes none of 20 different cells, such as `2024-05-10` in a.csv:2",
            "Write kind: timestamp.",
        ),
        (
            Role("numeric", "price"),
            ["$1,5", "$2,25"],
            "features.price.kind",
            "numeric takes none of 2 different cells, such as `$1,5` in a.csv:2",
            "Say how its numbers are spelled (decimal, thousands, unit); or write kind: categorical, or text.",
        ),
        (
            Role("boolean", "fare"),
            [str(fare) for fare in range(20)],
            "features.fare.kind",
            "boolean takes only 2 of 20 different cells, and not `2` in a.csv:2",
            "Write kind: numeric.",
        ),
        (
            Role("timestamp", "at"),
            ["1706659200", "1706659260"],
            "features.at.format",
            "timestamp takes none of 2 different cells, such as `1706659200` in a.csv:2",
            "Write format: seconds, milliseconds, microseconds or nanoseconds since 1970, or excel for its days, "
            "or as strptime writes it (%d.%m.%Y); "
            "or write kind: numeric.",
        ),
        (
            Role("timestamp", "at"),
            DAYS,
            "features.at.format",
            "timestamp takes none of 20 different cells, such as `10.05.2024` in a.csv:2",
            "Write format, as strptime writes it (%d.%m.%Y); or write kind: categorical, or text.",
        ),
        (
            Role("id", "company"),
            ["Blue", "Red"],
            "features.company.ids",
            "it takes none of 2 different cells, such as `Blue` in a.csv:2",
            "Write vocabulary or hash in place of ids.",
        ),
        (
            Role("label", "tip", classes=("no", "yes")),
            ["0", "1"],
            "label.classes",
            "the classes are none of 2 different cells, such as `0` in a.csv:2",
            "Correct label.classes, to which `0`, `1` would belong, or label.name.",
        ),
        (
            Role("target", "tip"),
            ["low", "high"],
            "label.kind",
            "regression takes none of 2 different cells, such as `low` in a.csv:2",
            "Write kind: multiclass with its classes, or correct label.name.",
        ),
    ],
)
def test_the_key_is_named_before_a_cell(role: Role, cells: list[str], where: str, what: str, remedy: str) -> None:
    error = doubt_kind(pa.array(cells), role, "a.csv:2")
    assert error is not None
    assert (error.where, error.what, error.remedy, error.exit_code) == (where, what, remedy, 3)


@pytest.mark.parametrize(
    ("role", "cells"),
    [
        (Role("numeric", "fare"), ["1.5", "abc", "x"]),
        (Role("numeric", "fare"), ["abc", None]),  # one cell is no kind
        (Role("numeric", "fare", spelling=Spelling(missing=("NA",))), ["1", "NA", "x"]),
        (Role("weight", "paid"), ["a", "b"]),
    ],
)
def test_where_some_cells_are_taken_others_are_wrong(role: Role, cells: list[str | None]) -> None:
    assert doubt_kind(pa.array(cells), role, "a.csv:2") is None


def test_columns_of_parquet_are_doubted_alike() -> None:
    error = doubt_kind(pa.array([True, False]), Role("numeric", "seen"), "a.parquet:1")
    assert error is not None
    assert error.remedy == "Write kind: boolean."
