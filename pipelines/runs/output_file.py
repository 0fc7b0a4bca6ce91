"""A file that a command writes for its user: whole or not at all, and never over what it is made of."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from configs.errors import DENIED, MISNAMED, ConfigError, MillraceError, explain


def refuse_sources(target: str | Path, sources: Iterable[str | Path]) -> None:
    """Raises ConfigError where a file that is to be written is one of those that are read, by whatever name."""
    for source in sources:
        if os.path.exists(target) and os.path.exists(source) and os.path.samefile(target, source):
            raise ConfigError(f"this is {source}, which is read", str(target), "Name another file to write.")


@contextmanager
def staged(path: str | Path) -> Iterator[Path]:
    """Gives a name to write to: what is there becomes `path` once it is whole, and goes where that is not reached.

    A link stays, and what it leads to is replaced; what is no file, such as a pipe, is written to at once.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file() and not target.is_dir():
        yield target
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield draft
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def write_output(path: str | Path, text: str) -> None:
    """Writes a file that the user named, as UTF-8, and its folder; raises what `explain_target` says."""
    try:
        Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
        with staged(path) as draft:
            draft.write_text(text, encoding="utf-8")
    except OSError as error:
        raise explain_target(path, error) from error


def explain_target(path: str | Path, error: OSError) -> MillraceError:
    """Returns what to tell of a file that cannot be written: it was the user who named it."""
    told = explain(error)
    if error.errno in (*MISNAMED, *DENIED, errno.EROFS):
        return ConfigError(f"cannot be written: {told.what}", told.where or str(path), "Name another file.")
    return MillraceError(f"cannot be written: {told.what}", told.where or str(path), told.remedy)
