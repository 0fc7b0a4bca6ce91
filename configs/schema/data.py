"""The part of the schema that says where the rows come from, how they are written, and how they are divided."""

import codecs
import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveInt,
    Strict,
    field_validator,
    model_validator,
)

from configs.schema.dialect import Dialect
from configs.schema.duration import Duration, read_duration
from configs.schema.section import Section, Text
from configs.schema.spans import NAME, check_places, find_unit, has_spans
from configs.schema.spelling import Decimal, Markers, Thousands
from configs.schema.sql import check_database

SIGN = r"^[\t -~]$"
STEP = r"^[1-9]\d* (second|minute|hour|day|weekday|week|month|year)s?$"
RANGE = re.compile(r"([1-9]\d*)\.\.([1-9]\d*)")  # 1..7
HORIZON = "horizon"
FORMAT = "as a timestamp feature has it; without, as the feature of that column has it"


def _expand(given: Any) -> Any:
    """Return the numbers of a range; whatever else is given as it stands."""
    found = RANGE.fullmatch(given) if isinstance(given, str) else None
    return range(int(found[1]), int(found[2]) + 1) if found else given


Horizons = Annotated[
    tuple[PositiveInt, ...],
    BeforeValidator(_expand, tuple[PositiveInt, ...] | str),
    Strict(False),
    Field(min_length=1),
    AfterValidator(lambda found: tuple(sorted(set(found)))),
]
Names = Annotated[tuple[Text, ...], Strict(False), Field(min_length=1)]


class Split(Section):
    """How many parts of the rows go to each split, by a hash of the row or by time."""

    train: PositiveInt = Field(default=8, description="Parts to learn from.")
    eval: PositiveInt = Field(default=1, description="Parts that early stopping and tuning look at.")
    test: PositiveInt = Field(default=1, description="Parts that decide about publication, and nothing else.")
    by: Text | None = Field(
        default=None, description="A column of moments or whole numbers: the earliest rows train, the latest test."
    )
    format: Text | None = Field(default=None, description=f"Of the moments in `by`, {FORMAT}.")
    stratify: bool = Field(
        default=False, description="The rows of each class are divided alike, by a hash within it: for rare classes."
    )
    repeats: bool = Field(
        default=False, description="Rows that are equal may go to several splits, by their place: where few differ."
    )

    @property
    def parts(self) -> dict[str, int]:
        """The weight of each split by name."""
        return {"train": self.train, "eval": self.eval, "test": self.test}


class Window(Section):
    """Rows of a series made examples: the rows before each, and its label.

    Features of kind sequence with `columns` hold what stood there in the rows before; others stand in the row itself.
    """

    order: Text = Field(description="A column of moments or whole numbers that puts the rows in order.")
    format: Text | None = Field(default=None, description=f"Of the moments in `order`, {FORMAT}.")
    step: PositiveInt | Annotated[str, Field(pattern=STEP)] | None = Field(
        default=None,
        description="How far one row lies from the next: 1 day, 15 minutes, 1 weekday, 3 months; of whole numbers, a "
        "number. Gaps are known by it, and `predict` goes on by it past the last row.",
    )
    horizon: PositiveInt | Horizons = Field(
        default=1,
        description="How many rows the label lies after the last row it is told. Of several, [1, 2, 3] or 1..3, each "
        "row is an example for each of them, and has the column `horizon`.",
    )

    @property
    def horizons(self) -> tuple[int, ...]:
        """All of them, in order."""
        return (self.horizon,) if isinstance(self.horizon, int) else self.horizon

    @property
    def told(self) -> str | None:
        """The column that holds the horizon of an example, where there are several."""
        return None if isinstance(self.horizon, int) else HORIZON


class Recent(Section):
    """The spans of a time, which their path tells."""

    last: Duration = Field(description="How far back it reaches from the end of the newest: 7d is seven days.")


class Data(Section):
    """Where the rows come from."""

    format: Literal["csv", "parquet", "jsonl", "json", "workbook", "tfrecord", "images", "text", "sql"] = Field(
        description="jsonl is an object a line, json an array of them, workbook Excel's or OpenDocument's; images and "
        "text are files, a folder for each class, and images a table of their names, too; sql asks a database."
    )
    path: Text = Field(
        description="A file, a folder or a glob, here or in a store by a URL like s3:// and gs://, or sample://NAME; "
        "{SPAN} stands for a span's number, {YYYY}, {MM}, {DD} and {HH} for its day and hour, {VERSION} for a version "
        "of it, of which the newest is read. Of sql, the database without password: postgresql://USER@HOST/DATABASE, "
        "mysql://, mariadb://, sqlite:////FILE, bigquery://PROJECT."
    )
    query: Text | None = Field(
        default=None, description="What sql asks. ORDER BY lets equal rows be known as the same data."
    )
    password_env: Text | None = Field(
        default=None, description="The environment variable that holds the password of sql's database."
    )
    span: NonNegativeInt | Annotated[str, Field(pattern=NAME)] | None = Field(
        default=None,
        description="The newest span to take, as 7, 2026-11-20 or 2026-11-20T05; without, the newest there. The number "
        "of a day counts from 1970-01-01, and that of an hour.",
    )
    spans: PositiveInt | Recent | None = Field(
        default=None, description="How many spans to take, the newest, or of which time, {last: 7d}; one without."
    )
    gaps: Literal["bridge", "refuse"] | None = Field(
        default=None,
        description="What of spans that are missing, or not complete, between those that are taken: they are passed "
        "over and named, as without it, or stop the run.",
    )
    marker: Text | None = Field(default=None, description="A file that a span has when it is complete, like _SUCCESS.")
    settle: Duration | None = Field(
        default=None, description="A span is complete, too, once none of its files has changed for so long, as 10m."
    )
    split: Split = Split()
    window: Window | None = Field(default=None, description="The rows are a series, to be forecast.")
    group: Text | Names | None = Field(
        default=None,
        description="A column, or several, [store, item], whose rows of equal value go to one split; in a window, are "
        "a series.",
    )
    weight: Text | None = Field(default=None, description="A column that says how much each row counts.")
    delimiter: str = Field(default=",", pattern=SIGN, description="What parts the cells of CSV; of tabs, a tab.")
    quote: Annotated[str, Field(pattern=f"^$|{SIGN}")] = Field(
        default='"', description="What stands around cells of CSV that hold a delimiter; with '' nothing does."
    )
    encoding: Text = Field(default="utf-8", description="Of text files, by a name that Python knows: cp1252, utf-16.")
    header: Annotated[tuple[Text, ...], Strict(False)] | None = Field(
        default=None,
        description="The names of the columns of CSV or a sheet whose first row is none; without, that row names them.",
    )
    comment: Text | None = Field(default=None, description="How lines of CSV begin that are passed over.")
    compression: Literal["gzip", "bz2", "zstd"] | None = Field(
        default=None, description="Of text files; without, as their names end: .gz, .bz2 and .zst."
    )
    sheet: Text | None = Field(default=None, description="Of a workbook; the first without.")
    missing: Markers = Field(
        default=(), description="Texts that stand for a missing value, in every column; a blank cell always does."
    )
    decimal: Decimal = Field(default=".", description="What parts whole and fraction of a number written as text.")
    thousands: Thousands = Field(default="", description="What groups the digits of a number written as text by three.")
    schema_file: Text | None = Field(default=None, description="A curated TFDV schema, as text proto.")
    private: Annotated[tuple[Text, ...], Strict(False)] = Field(
        default=(),
        description="Columns whose values a server's request log and a run's report never hold, by name or pattern: "
        "features, or what they are made of; of the label, the answers.",
    )

    @field_validator("path")
    @classmethod
    def _check_path(cls, path: str) -> str:
        return check_places(path)

    @model_validator(mode="after")
    def _check_query(self) -> "Data":
        if self.format == "sql":
            check_database(self.path)
        if (self.format == "sql") != (self.query is not None):
            raise ValueError("has a query where its format is sql, and only there")
        if self.password_env and self.query is None:
            raise ValueError("has a password_env, but nothing that is asked of a database")
        return self

    @model_validator(mode="after")
    def _check_spans(self) -> "Data":
        keys = ("span", "spans", "gaps", "marker", "settle")
        asked = next((key for key in keys if getattr(self, key) is not None), None)
        if asked and not has_spans(self.path):
            raise ValueError(f"has {asked}, but no {{SPAN}} in its path to stand for the number, and no {{YYYY}}")
        unit = find_unit(self.path)
        if self.span is not None and self.newest is None:
            called = f"called as {unit.tell(0)} is" if unit.length else "numbers"
            raise ValueError(f"has span {self.span}, which is none of its path's: they are {called}")
        if isinstance(self.spans, Recent) and not unit.length:
            raise ValueError("has spans of the last time, but no {YYYY}, {MM} and {DD} in its path to tell it")
        if isinstance(self.spans, Recent) and unit.length and read_duration(self.spans.last) % unit.length:
            raise ValueError(f"has spans of the last {self.spans.last}, which is no number of whole days")
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns of its `group`."""
        return (self.group,) if isinstance(self.group, str) else self.group or ()

    @property
    def newest(self) -> int | None:
        """The number of the newest span to take."""
        return None if self.span is None else find_unit(self.path).read(self.span)

    @property
    def reach(self) -> timedelta | None:
        """How far back from its end the spans go that are taken."""
        return read_duration(self.spans.last) if isinstance(self.spans, Recent) else None

    @property
    def settle_seconds(self) -> float | None:
        """How long a span has to be left alone to be complete without a marker."""
        return read_duration(self.settle).total_seconds() if self.settle else None

    @property
    def dialect(self) -> Dialect:
        """How its files of text are written."""
        header, comment, compression = self.header or (), self.comment or "", self.compression or ""
        return Dialect(self.delimiter, self.quote, self.encoding, header, comment, compression, self.sheet or "")

    @field_validator("encoding")
    @classmethod
    def _check_encoding(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(
                f"'{encoding}' is no encoding that Python knows; there are utf-8, cp1252, utf-16"
            ) from None

    @model_validator(mode="after")
    def _check_dialect(self) -> "Data":
        if self.delimiter == self.quote:
            raise ValueError(f"has `{self.quote}` both as delimiter and as quote")
        if self.sheet and self.format != "workbook":
            raise ValueError(f"has a sheet, which no file of {self.format} has")
        return self

    @model_validator(mode="after")
    def _check_numbers(self) -> "Data":
        if self.decimal == self.thousands:
            raise ValueError(f"has `{self.decimal}` both as decimal and as thousands")
        return self

    @model_validator(mode="after")
    def _check_split(self) -> "Data":
        if self.window and not self.split.by and not self.group:
            raise ValueError("of a window needs split.by or a group, or rows of one window would be in several splits")
        if self.split.format and not self.split.by:
            raise ValueError("has split.format, but no split.by whose moments it is of")
        if self.split.by and self.group and not self.window:
            raise ValueError("splits by time or by group, not by both")
        hashed = next((key for key in ("stratify", "repeats") if getattr(self.split, key)), None)
        if hashed and (self.split.by or self.group or self.window):
            raise ValueError(f"splits rows by a hash for split.{hashed}, and not by time, group or window")
        return self
