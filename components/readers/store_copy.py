"""Data in an object store: its names are copied to this machine at once, a file's content once somebody asks for it.

A copied file is a symbolic link to where its content lies, or is to lie, by what the store tells of that, its etag
above all. So whoever looks at names and times, as spans do, waits for no download, and no content is fetched twice.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from configs.copies import copied_data, name_copied
from configs.errors import MillraceError
from configs.object_stores import DATA, open_files
from configs.progress import PROGRESS
from configs.quantities import count

TIMES = ("LastModified", "last_modified", "updated", "mtime")  # what stores call the time of the last change
STAMPS = ("ETag", "etag", "generation", "md5Hash", "size", *TIMES)
CONTENTS = ".contents"


def refresh(base: str, part: str = "") -> None:
    """Make the names below a folder of copies, or of a file in it, those in the store; leave any other folder alone.

    Raises MillraceError where the store cannot be read.
    """
    if (url := name_copied(base)) is None:
        return
    own(copied_data())
    with open_files(url, DATA) as (files, root):
        found = files.find(f"{root}/{part}".rstrip("/"), detail=True)
        there = {os.path.join(base, os.path.relpath(path, root)): info for path, info in found.items()}
        there = {path: info for path, info in there.items() if not _is_folder(path, info, there)}
        outdated = [path for path, info in there.items() if _link(path, info)]
        fetch(outdated)
    for path in set(_list_links(os.path.join(base, part))) - there.keys():
        os.unlink(path)


def fetch(paths: Iterable[str]) -> None:
    """Bring the content of files that are copies, and of those below folders of copies, unless it is here.

    Raises MillraceError where the store cannot be read.
    """
    copies = [path for each in paths if name_copied(each) for path in _list_links(each)]
    wanted = {path: str(name_copied(path)) for path in copies if not os.path.exists(path)}
    if not wanted:
        return
    PROGRESS.info("fetching %s", count(len(wanted), "file"))
    places = [os.readlink(path) for path in wanted]
    drafts = [f"{place}-{secrets.token_hex(4)}" for place in places]
    with open_files(next(iter(wanted.values())), DATA) as (files, _):
        files.get(list(wanted.values()), drafts)
    for draft, place in zip(drafts, places, strict=True):
        os.replace(draft, place)


def _link(path: str, info: Mapping[str, Any]) -> bool:
    """Let a copy lead to the content that the store has now; return whether it led to another, which is removed."""
    stamp = json.dumps([path, {key: str(info[key]) for key in STAMPS if key in info}])
    content = copied_data() / CONTENTS / hashlib.sha256(stamp.encode()).hexdigest()
    before = os.readlink(path) if os.path.islink(path) else None
    if before == str(content):
        return False
    os.makedirs(os.path.dirname(path), exist_ok=True)
    content.parent.mkdir(exist_ok=True)
    draft = os.path.join(os.path.dirname(path), f".{secrets.token_hex(8)}")
    os.symlink(content, draft)
    changed = find_change(info)
    os.utime(draft, (changed, changed), follow_symlinks=False)
    os.replace(draft, path)
    had = before is not None and os.path.exists(before)
    if had:
        os.unlink(str(before))
    return had


def find_change(info: Mapping[str, Any]) -> float:
    """Return when a file changed last, in seconds of the epoch, by what a store tells of it; 0 where it does not."""
    found = next((info[key] for key in TIMES if info.get(key)), 0.0)
    if isinstance(found, str):
        found = datetime.fromisoformat(found.replace("Z", "+00:00"))
    return found.timestamp() if isinstance(found, datetime) else float(found)


def _is_folder(path: str, info: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    """Whether it stands for a folder, as a console of a store makes them: empty, and what lies in it beside it."""
    return not info.get("size") and any(other.startswith(f"{path}{os.sep}") for other in there)


def _list_links(place: str) -> Iterator[str]:
    """Yield the copies at a place: it, or those below it."""
    if os.path.islink(place):
        yield place
    for folder, _, names in os.walk(place):
        yield from (path for path in (os.path.join(folder, name) for name in names) if os.path.islink(path))


def own(folder: Path) -> None:
    """Make a folder; raise MillraceError where another user could change what lies there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise MillraceError("This folder for copies of data is another user's.", str(folder), "Set TMPDIR to your own.")
