"""What a version was asked in service and has answered, from the request log: typed as training types it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from components.readers.row_batch import ROWS
from components.validation.column_types import Role
from components.validation.typed_batch import assign_roles
from configs.home import Home
from configs.schema.config import Config
from pipelines.serving.disclosure import Disclosure, list_rows
from pipelines.serving.prediction_log import Exchange
from pipelines.serving.request_log import read_log
from trainer.export.signatures import PREDICTION, RAW, SERVING

WRITTEN = ("numeric", "categorical")  # roles of which a raw request has the cells as data files have them


@dataclass
class Gathered:
    """Rows of requests, and what was answered where that was kept, until they are enough for a batch."""

    rows: list[Mapping[str, Sequence[Any]]] = field(default_factory=list)
    answers: list[np.ndarray] = field(default_factory=list)

    def add(self, exchange: Exchange, disclosure: Disclosure) -> None:
        """Takes in a request and its answer."""
        self.rows += list_rows(exchange, disclosure)
        if (answers := exchange.outputs.get(PREDICTION)) is not None:
            self.answers.append(answers.reshape(len(answers), -1))


def read_requests(
    home: Home, version: int, config: Config, since: datetime | None = None
) -> Iterator[tuple[pa.RecordBatch, np.ndarray | None]]:
    """Yields the rows that a version was sent, in batches, and its answers [rows, units] where they were kept.

    Raises MillraceError for a damaged record.
    """
    disclosure, roles = Disclosure.of(config), assign_roles(config, label=False)
    known = disclosure.features.values()
    roles = {name: replace(role, mask=None) for name, role in roles.items() if name in known}  # it is on already
    gathered = {SERVING: Gathered(), RAW: Gathered()}
    for exchange in read_log(home, since):
        if exchange.version == version and exchange.signature in gathered and exchange.inputs:
            held = gathered[exchange.signature]
            held.add(exchange, disclosure)
            if len(held.rows) >= ROWS:
                yield _join(gathered.pop(exchange.signature), roles, exchange.signature == RAW)
                gathered[exchange.signature] = Gathered()
    for signature, held in gathered.items():
        if held.rows:
            yield _join(held, roles, signature == RAW)


def _join(held: Gathered, roles: Mapping[str, Role], raw: bool) -> tuple[pa.RecordBatch, np.ndarray | None]:
    cells = [_type(held.rows, role, raw) for role in roles.values()]
    batch = pa.RecordBatch.from_arrays(cells, list(roles))
    return batch, np.concatenate(held.answers) if held.answers else None


def _type(rows: Sequence[Mapping[str, Sequence[Any]]], role: Role, raw: bool) -> pa.Array:
    """Returns a feature's cells, each a list or null; what a client sent that is none of its kind counts as missing."""
    found = [list(row.get(role.column, ())) or None for row in rows]
    if raw and role.name in WRITTEN:
        cells = [None if each is None else _to_text(each[0]) for each in found]
        with suppress(pa.ArrowInvalid):
            return role.convert(pa.array(cells))
    with suppress(pa.ArrowException):
        return pa.array(found)
    return pa.nulls(len(rows))


def _to_text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
