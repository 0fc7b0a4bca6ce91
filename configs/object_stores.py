"""Object stores: what s3://, gs:// and other URLs of fsspec stand for, and what their errors mean to a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from configs.errors import ConfigError, MillraceError

if TYPE_CHECKING:
    from fsspec.spec import AbstractFileSystem

STRANGERS = ("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "RefreshError")


@dataclass(frozen=True)
class Use:
    """What a store is used for: the key of the config that names it, and what has to be allowed there."""

    key: str
    rights: str


ROOT = Use("storage.root", "list, read, write and delete")
DATA = Use("data.path", "list and read")


@contextmanager
def open_files(url: str, use: Use) -> Iterator["tuple[AbstractFileSystem, str]"]:
    """Opens the store of a URL, and yields it with the path there; what goes wrong meanwhile is told in a paragraph."""
    try:
        from fsspec.core import url_to_fs  # only here: a pipeline on this machine need not wait for it

        files, path = url_to_fs(url, use_listings_cache=False)  # what others put is to be seen
        yield files, str(path).rstrip("/")
    except MillraceError:
        raise
    except Exception as error:  # every kind of store has errors of its own
        raise explain(url, use, error) from error


def explain(url: str, use: Use, error: Exception) -> MillraceError:
    """Returns what to tell of an error that a store ended with."""
    said = (next(iter(str(error).strip().splitlines()), "") or type(error).__name__).rstrip(".")
    if isinstance(error, ImportError | ValueError) and "protocol" in said.lower():
        what = f"This is no store that is known: {said}."
        return ConfigError(what, url, f"Let {use.key} begin with gs:// or s3://.")
    if type(error).__name__ in STRANGERS:
        return MillraceError(f"There are no credentials for this store: {said}.", url, "Give this machine an account.")
    if isinstance(error, PermissionError):
        what = f"This account may not do that in the store: {said}."
        return MillraceError(what, url, f"Let it {use.rights} what lies there.")
    if isinstance(error, FileNotFoundError):
        return MillraceError(f"The store is not there: {said}.", url, f"Create the bucket, or correct {use.key}.")
    what = f"The store cannot be used: {type(error).__name__}: {said}."
    return MillraceError(what, url, "See that it can be reached, and run again.")
