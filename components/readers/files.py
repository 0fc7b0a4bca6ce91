"""Where the rows come from: the files that `data.path` stands for."""

import glob
import hashlib
import json
import os
import re
from collections.abc import Iterable

from components.readers.data_file import BLOCK, is_partition, is_shown, open_bytes, strip_compression
from components.readers.store_copy import fetch, refresh
from components.readers.suffixes import ITEMS, NAMED, SUFFIXES
from configs.copies import is_url, locate_data
from configs.errors import DataRejected
from configs.loading.error_messages import suggest
from configs.samples import catalog
from configs.schema.dialect import Dialect
from configs.schema.spans import has_spans

FOLDER = "*"
LITERAL = re.compile(r"\[([*?[])\]")  # a sign of a glob that stands for itself


def find_data(path: str) -> tuple[str, str]:
    """Return the folder of `data.path` (file, folder, glob, URL or sample://NAME), and a glob for what is in it.

    A store is not asked for it: of a URL the folder is that of its copy, which `open_data` makes.
    """
    if is_url(path) and not path.startswith(catalog.SCHEME):
        return _find_copy(path)
    path = str(catalog.resolve(path))
    if os.path.isdir(path):
        return path, FOLDER
    if os.path.exists(path) or not _is_pattern(path):
        base, name = os.path.split(path)
        return base, glob.escape(name)
    return _part_pattern(path)


def open_data(path: str) -> tuple[str, str]:
    """Return the same, once the names in a copy are those in its store; raise MillraceError where that is not there."""
    base, pattern = find_data(path)
    refresh_data(base, pattern)
    return base, pattern


def refresh_data(base: str, pattern: str) -> None:
    """Make the names of what a pattern may match below the folder of a copy those that are in its store."""
    literal = not has_spans(pattern) and not glob.has_magic(LITERAL.sub("", pattern))
    refresh(base, LITERAL.sub(r"\1", pattern) if literal else "")


def _find_copy(url: str) -> tuple[str, str]:
    place = locate_data(url)
    if _is_pattern(url):
        return _part_pattern(place)
    if not url.lower().endswith(NAMED):  # a store has no folders, and none is asked for
        return place, FOLDER
    base, name = os.path.split(place)
    return base, glob.escape(name)


def _part_pattern(path: str) -> tuple[str, str]:
    base = os.path.dirname(path)
    while _is_pattern(base):
        base = os.path.dirname(base)
    return base, os.path.relpath(path, base)


def _is_pattern(path: str) -> bool:
    return glob.has_magic(path) or has_spans(path)


def list_files(base: str, pattern: str, format: str = "csv") -> list[str]:
    """Return the data files that `pattern` matches below `base`, in order, without hidden ones and READMEs.

    Those of images and texts may be folders, one a class; a table of images stands for those it names. The pattern of a
    whole folder ends with `FOLDER`; then anything else in it than the format has is refused by name.
    """
    inside, name = os.path.split(pattern)
    ends, items = SUFFIXES[format], ITEMS.get(format)
    files = find_paths(base, pattern, is_table=items is None)
    part = " or ".join(ends)
    if format == "images" and any(path.endswith(ends) for path in files):
        files = [path for path in files if path.endswith(ends)]
    others = (path for path in files if not path.endswith(ends) and not strip_compression(path).endswith(ends))
    stray = next((path for path in others if not (items and os.path.isdir(path))), None)
    if stray and name == FOLDER:
        what = f"This is in the data folder but is not a {part} file."
        raise DataRejected(what, stray, "Move it, let its name begin with `_`, or correct data.format.")
    if files:
        fetch(files)
        return files
    if name == FOLDER:
        folder = os.path.join(base, inside) if inside else base
        raise DataRejected(f"The data folder holds no {part} file.", folder, "Put one there, or correct data.path.")
    what = "No file matches." if glob.has_magic(LITERAL.sub("", pattern)) else "There is no such file."
    path = os.path.join(base, pattern)
    raise DataRejected(what, path, suggest_path(path) or "Correct data.path.")


def find_paths(base: str, pattern: str, is_table: bool = True) -> list[str]:
    """Return what `pattern` matches below `base`, in order, without what is hidden; of tables, partitions opened."""
    found = sorted(filter(is_shown, glob.glob(os.path.join(glob.escape(base), pattern))))
    return [path for each in found for path in (open_folder(each) if is_table and is_partition(each) else [each])]


def open_folder(path: str) -> list[str]:
    """Return the files in a folder, at any depth, in order and without what is hidden; any other path alone."""
    if not os.path.isdir(path):
        return [path]
    inside = sorted(os.path.join(path, name) for name in os.listdir(path))
    return [file for each in inside if is_shown(each) for file in open_folder(each)]


def suggest_path(path: str) -> str:
    """Ask whether the nearest that there is was meant, in place of the first part of the path that is not there."""
    path = LITERAL.sub(r"\1", path)
    folder, name = os.path.split(path)
    while folder and not os.path.isdir(folder) and folder != os.path.dirname(folder):
        folder, name = os.path.split(folder)
    return suggest(name, sorted(filter(is_shown, os.listdir(folder or ".")))) if os.path.isdir(folder or ".") else ""


def list_parts(files: Iterable[str], format: str, dialect: Dialect) -> list[str]:
    """Return all files that data files stand for: those of a class for its folder, images with their table."""
    if format not in ITEMS:  # each stands for itself
        return list(files)
    from components.readers.formats import FORMATS  # only here, since Arrow takes a while to load

    parts = [part for path in files for part in FORMATS[format].speak(dialect).list_parts(path)]
    fetch(parts)
    return parts


def digest_files(base: str, files: Iterable[str]) -> str:
    """Return a digest of the bytes of `files` and of their names below `base`, whatever their times are."""
    total = hashlib.sha256()
    for path in files:
        with open_bytes(path) as file:
            content = hashlib.sha256()
            while block := file.read(BLOCK):
                content.update(block)
            line = [os.path.relpath(path, base), file.tell(), content.hexdigest()]
        total.update(json.dumps(line).encode())
    return total.hexdigest()
