"""A folder of TFRecord files, which a server writes one after the other; the oldest make room for the next.

What is being written ends with `.part` until it is closed. A server that is killed leaves one, which the next closes;
several may write into one folder.
"""

import errno
import fcntl
import io
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from components.readers.record_frame import CHECK, HEAD, frame, mask
from configs.clock import utc_now
from configs.errors import MillraceError

SUFFIX, PART = ".tfrecord", ".part"
BEGUN = "%Y%m%dT%H%M%S.%f"  # how a file's name begins: with the moment at which it was begun, in UTC
OLDEST = 3600.0  # seconds that a file is written for
FILES = 8  # which all that may be kept is divided into, and more where a file were longer than
LONGEST = 64_000_000  # bytes


class RecordFiles:
    """Appends records, and keeps at most so many bytes; raises OSError, and what was appended before stays whole.

    `closed` is told the path of each file that is closed; where it raises MillraceError, it is told again.
    """

    def __init__(self, folder: Path, most: int, closed: Callable[[Path], None] = lambda path: None) -> None:
        self.folder, self.most, self.closed = folder, most, closed
        self.longest = min(most // FILES, LONGEST)
        self.file: io.FileIO | None = None
        self.begun, self.size = 0.0, 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._close_abandoned()

    def append(self, record: bytes) -> None:
        """Writes a record to the file at hand, or to a new one; raises ValueError for what no file may hold."""
        framed = frame(record)
        if len(framed) > self.longest:
            raise ValueError(f"a record of {len(framed):,} bytes is longer than a file may be")
        if self.file and (self.size + len(framed) > self.longest or not os.fstat(self.file.fileno()).st_nlink):
            self.close()  # it is full, or was removed
        file = self.file = self.file or self._begin()
        try:
            write_all(file, framed)
        except OSError:
            with suppress(OSError):
                file.truncate(self.size)
            self.close()
            raise
        self.size += len(framed)

    def close_old(self) -> None:
        """Closes the file at hand once it has been written for long."""
        if self.file and time.monotonic() - self.begun > OLDEST:
            self.close()

    def close(self) -> None:
        """Gives the file at hand its name."""
        if self.file:
            with self.file as file:
                self.file = None
                self._name(Path(file.name))

    def _begin(self) -> io.FileIO:
        self._close_abandoned()
        self._make_room()
        name = f"{utc_now():{BEGUN}}-{socket.gethostname()}-{secrets.token_hex(4)}{SUFFIX}{PART}"
        file = hold(self.folder / name, os.O_CREAT | os.O_EXCL)
        self.begun, self.size = time.monotonic(), 0
        return file

    def _make_room(self) -> None:
        sizes = {path: path.lstat().st_size for path in self.folder.iterdir()}
        growing = {path for path in sizes if path.suffix == PART}
        left = self.most - self.longest - sum(self.longest if path in growing else sizes[path] for path in sizes)
        for path in sorted(sizes.keys() - growing):
            if left >= 0:
                break
            path.unlink(missing_ok=True)
            left += sizes[path]
        if left < 0:
            raise OSError(errno.EDQUOT, f"other servers write all {self.most:,} bytes that may be kept")

    def _close_abandoned(self) -> None:
        for path in self.folder.glob(f"*{PART}"):
            with suppress(OSError, MillraceError), hold(path, 0) as file:  # one that is written is held
                file.truncate(max((end for end, _ in scan(path)), default=0))
                self._name(path)

    def _name(self, path: Path) -> None:
        """Renames a file that is held, or removes an empty one."""
        with suppress(FileNotFoundError):
            if not path.stat().st_size:
                path.unlink()
                return
            path.rename(path.with_suffix(""))
            try:
                self.closed(path.with_suffix(""))
            except MillraceError:
                path.with_suffix("").rename(path)  # to be closed again, later
                raise


def may_hold(name: str, since: datetime) -> bool:
    """Whether a file of this name may hold what was written since a moment: it is written for an hour at most."""
    last = since - timedelta(seconds=OLDEST)
    return name.partition("-")[0] >= f"{last.astimezone(timezone.utc):{BEGUN}}"


def read_records(path: Path) -> Iterator[bytes]:
    """Yields the records of a file; raises MillraceError where one is damaged, in a file that is closed."""
    end = 0
    for end, record in scan(path):  # noqa: B007
        yield record
    if path.suffix != PART and end < path.stat().st_size:
        raise MillraceError(f"a record is damaged, {end:,} bytes from the beginning", str(path), "Leave the file out.")


def scan(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yields the records of a file up to the first that is not whole, each with the place where it ends."""
    with path.open("rb") as file:
        while len(head := file.read(HEAD.size)) == HEAD.size:
            length, check = HEAD.unpack(head)
            if check != mask(head[:8]):
                return
            record, tail = file.read(length), file.read(CHECK.size)
            if tail != CHECK.pack(mask(record)):
                return
            yield file.tell(), record


def hold(path: Path, flags: int) -> io.FileIO:
    """Opens a file, no link, for this process alone to append to; raises OSError."""
    modes = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | flags
    with ExitStack() as stack:
        file = stack.enter_context(open(path, "ab", buffering=0, opener=lambda name, _: os.open(name, modes, 0o600)))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stack.pop_all()
    return file


def write_all(file: io.FileIO, content: bytes) -> None:
    """Writes bytes, of which a disk that fills up takes a part at first."""
    while content:
        content = content[file.write(content) :]
