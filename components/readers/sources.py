"""What a config's data stands for: files, here or in a store, or a query, whose answer is a file."""

from components.readers.files import find_data, refresh_data
from components.readers.query import Query
from configs.schema.data import Data


def find_query(data: Data) -> Query | None:
    """Return what a database is asked; None for data that are files."""
    return Query(data.path, data.query, data.password_env) if data.query is not None else None


def find_source(data: Data) -> tuple[str, str]:
    """Return the folder of the data's files, and a glob for them, without asking a store or a database."""
    query = find_query(data)
    return query.locate() if query else find_data(data.path)


def open_source(data: Data) -> tuple[str, str]:
    """Return the same, once the files are there; raise MillraceError where they cannot be had."""
    base, pattern = find_source(data)
    bring(base, pattern, find_query(data))
    return base, pattern


def bring(base: str, pattern: str, query: Query | None) -> None:
    """Make the files of a folder those that the database answers with now, or that are in its store."""
    if query:
        query.answer()
    else:
        refresh_data(base, pattern)
