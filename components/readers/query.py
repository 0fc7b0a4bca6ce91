"""Rows of a database: what it answers to a query becomes a Parquet file, which is read, and known, as any.

A run asks once, in ExampleGen's driver. The password is taken from the environment at that moment, and stands nowhere.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from components.readers.store_copy import own
from configs.copies import copied_data, locate_data
from configs.errors import ConfigError, DataRejected, MillraceError
from configs.progress import RowCount

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Engine

ROWS = 10_000  # that are taken at a time
DRIVERS = {  # of each scheme, by what SQLAlchemy calls it
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite",
}
BIGQUERY = "bigquery"


@dataclass(frozen=True)
class Query:
    """What is asked, where, and the environment variable that holds the password."""

    url: str
    text: str
    password_env: str | None = None

    def locate(self) -> tuple[str, str]:
        """Return the folder of the answer on this machine, and its file."""
        digest = hashlib.sha256(f"{self.url}\n{self.text}".encode()).hexdigest()[:12]
        return locate_data(self.url), f"{digest}.parquet"

    def answer(self) -> None:
        """Ask, and put the answer in its place once it is whole.

        Raises ConfigError for what cannot be asked so, MillraceError where the database cannot be reached, and
        DataRejected for an answer without rows, or with two columns of one name.
        """
        from pyarrow import parquet  # only here: it loads every file system that Arrow knows

        own(copied_data())
        base, name = self.locate()
        tables = list(self._read_bigquery() if self.url.startswith(BIGQUERY) else self._read())
        if not tables or not sum(map(len, tables)):
            raise DataRejected("The query answers no rows.", self.url, "Correct data.query.")
        names = tables[0].column_names
        twice = next((each for each in names if names.count(each) > 1), None)
        if twice is not None:
            what = f"The query answers two columns that are called `{twice}`."
            raise DataRejected(what, self.url, "Give one another name in data.query: AS ....")
        os.makedirs(base, exist_ok=True)
        draft = os.path.join(base, f".{secrets.token_hex(8)}")
        parquet.write_table(join_tables(tables), draft)
        os.replace(draft, os.path.join(base, name))

    def _read(self) -> "Iterator[pa.Table]":
        from sqlalchemy import exc  # only here, as who has files need not wait for it

        rows = RowCount("of the query")
        try:
            with self._connect().connect() as connection:
                options = {"stream_results": True, "no_parameters": True}
                found = connection.exec_driver_sql(self.text, execution_options=options)
                names = list(found.keys())
                while cells := found.fetchmany(ROWS):
                    rows.add(len(cells))
                    yield make_table(names, cells)
        except exc.OperationalError as error:
            raise MillraceError(
                f"The database cannot be asked: {_tell(error)}.", self.url, "See that it can be reached, and run again."
            ) from error
        except exc.SQLAlchemyError as error:
            raise ConfigError(f"the database refuses the query: {_tell(error)}", "data.query", "Correct it.") from error

    def _connect(self) -> "Engine":
        from sqlalchemy import create_engine, make_url

        url = make_url(self.url)
        return create_engine(url.set(drivername=DRIVERS[url.drivername], password=self._find_password()))

    def _find_password(self) -> str | None:
        if self.password_env is None:
            return None
        if self.password_env not in os.environ:
            remedy = "Set it; in a cluster by resources.ExampleGen.env, which names a secret."
            raise ConfigError(f"the environment has no variable {self.password_env}", "data.password_env", remedy)
        return os.environ[self.password_env]

    def _read_bigquery(self) -> "Iterator[pa.Table]":
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import bigquery

        project = self.url.removeprefix(f"{BIGQUERY}://").partition("/")[0]
        try:
            found = bigquery.Client(project=project).query(self.text).result()
            yield found.to_arrow(create_bqstorage_client=False)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise MillraceError(f"BigQuery refuses the query: {_tell(error)}.", self.url, "Correct it.") from error


def make_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> "pa.Table":
    """Return rows as columns of the types that their cells have."""
    import pyarrow as pa

    return pa.Table.from_arrays([_make_column(list(cells)) for cells in zip(*rows, strict=True)], list(names))


def _make_column(cells: list[Any]) -> "pa.Array":
    import pyarrow as pa

    try:
        return pa.array(list(map(_simplify, cells)))
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # of several kinds, as SQLite allows
        return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())


def _simplify(cell: Any) -> Any:
    """Return a cell as Arrow takes it: of types that are the database's own, a number or a text."""
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() and cell.as_tuple().exponent == 0 else float(cell)
    if isinstance(cell, dict):
        return json.dumps(cell, sort_keys=True)
    plain = bool | int | float | str | bytes | list | None
    return cell if isinstance(cell, plain) or hasattr(cell, "year") else str(cell)


def join_tables(tables: "Sequence[pa.Table]") -> "pa.Table":
    """Return tables as one, each column of the type that holds all of it: a number, or else a text."""
    import pyarrow as pa

    kinds = [{table.schema.types[index] for table in tables} for index in range(tables[0].num_columns)]
    fields = [pa.field(name, _widen(kind)) for name, kind in zip(tables[0].column_names, kinds, strict=True)]
    return pa.concat_tables([table.cast(pa.schema(fields)) for table in tables])


def _widen(kinds: "set[pa.DataType]") -> "pa.DataType":
    import pyarrow as pa

    known = kinds - {pa.null()} or {pa.string()}
    if len(known) == 1:
        return known.pop()
    return pa.float64() if known == {pa.int64(), pa.float64()} else pa.string()


def _tell(error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return said.splitlines()[0].rstrip(".")
