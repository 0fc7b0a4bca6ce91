"""The request log: a share of what a server was asked and answered, written beside the requests, never in their way.

A request hands its arrays over. A thread takes out what is private, and writes PredictionLogs into TFRecord files below
the pipeline's home, which it keeps within bounds.
"""

import logging
import queue
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

from google.protobuf.message import DecodeError

from components.registry.versions import EXTRA
from configs.errors import ConfigError, MillraceError, explain
from configs.home import Home
from configs.schema.config import Config
from pipelines.serving.disclosure import Disclosure
from pipelines.serving.prediction_log import Exchange, decode, encode
from pipelines.serving.record_files import PART, SUFFIX, RecordFiles, may_hold, read_records
from pipelines.storage import sync

WAITING, BYTES = 1000, 32_000_000  # requests that wait to be written at most, and the bytes of their bodies
LOOK = 1.0  # seconds between looks at how old a file is
END = 10.0  # seconds in which what waits is written once the server ends
RESULTS = WRITTEN, WITHHELD, DROPPED, FAILED = "written", "withheld", "dropped", "failed"
logger = logging.getLogger("millrace.serving")


class RequestLog:
    """Takes a share of the exchanges; `counts` says what became of them.

    Files take so many bytes at most. Columns that are `private` are left out, as are those that a version's own config
    calls so. Raises MillraceError where there is no place for it.
    """

    def __init__(self, home: Home, share: float, most: int, private: Iterable[str], say: Callable[[str], None]) -> None:
        self.home, self.share, self.private, self.say = home, share, tuple(private), say
        self.counts = Counter(dict.fromkeys(RESULTS, 0))
        self.waiting: queue.Queue[tuple[Exchange, int] | None] = queue.Queue()
        self.bytes, self.lock = 0, threading.Lock()
        self.allowed: dict[int, Disclosure] = {}
        self.troubled = False
        if not 0 < share <= 1:
            raise ConfigError(f"{share} is no share of the requests", "--log-requests", "0.1 is one of ten, 1 is all.")
        home.refuse_links()
        try:
            self.files = RecordFiles(home.requests, most, self._put)
        except OSError as error:
            raise explain(error) from error
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def offer(self, exchange: Exchange, size: int) -> None:
        """Takes an exchange whose request had a body of so many bytes, or leaves it; returns at once."""
        if random.random() >= self.share:
            return
        with self.lock:
            if self.waiting.qsize() >= WAITING or self.bytes + size > BYTES:
                self.counts[DROPPED] += 1
                return
            self.bytes += size
        self.waiting.put((exchange, size))

    def close(self) -> None:
        """Writes what waits, and closes the file."""
        self.waiting.put(None)
        self.thread.join(END)

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            exchange, size = taken
            became = self._try(lambda exchange=exchange: self._write(exchange))  # type: ignore[misc]
            with self.lock:
                self.bytes -= size
                self.counts[became] += 1
        self._try(self.files.close)

    def _take(self) -> tuple[Exchange, int] | None:
        while True:
            try:
                return self.waiting.get(timeout=LOOK)
            except queue.Empty:
                self._try(self.files.close_old)

    def _write(self, exchange: Exchange) -> str:
        if exchange.version not in self.allowed:
            self.allowed = {exchange.version: read_disclosure(self.home, exchange.version, self.private)}
        reduced = self.allowed[exchange.version].reduce(exchange)
        if reduced is None:
            return WITHHELD
        self.files.append(encode(reduced))
        return WRITTEN

    def _try(self, act: Callable[[], str | None]) -> str:
        """Does something; what the disk refuses is said once, until it refuses no more."""
        trouble = ""
        try:
            became = act() or ""
        except (DecodeError, ValueError):  # a request can be such, and may not fill the screen
            return FAILED
        except OSError as error:
            became, trouble = FAILED, str(explain(error))
        except MillraceError as error:
            became, trouble = FAILED, str(error)
        except Exception:  # the thread goes on, whatever it is
            logger.exception("request log")
            return FAILED
        if trouble and not self.troubled:
            self.say(f"The request log is not written, and requests are answered all the same: {trouble}")
        elif self.troubled and became == WRITTEN:
            self.say("The request log is written again.")
        self.troubled = bool(trouble) or self.troubled and became != WRITTEN
        return became

    def _put(self, path: Path) -> None:
        if self.home.store is not None:
            sync.put_files(self.home, path)
            path.unlink()


def read_disclosure(home: Home, version: int, private: Iterable[str] = ()) -> Disclosure:
    """Returns what may be written down of a version's requests; raises MillraceError where its config is unreadable."""
    path = home.serving / str(version) / EXTRA / "config.json"
    try:
        return Disclosure.of(Config.model_validate_json(path.read_text()), private)
    except (OSError, ValueError) as error:
        what = f"version {version} does not say which of its columns are private"
        raise MillraceError(what, str(path), "Publish it again: millrace run CONFIG") from error


def read_log(home: Home, since: datetime | None = None) -> Iterator[Exchange]:
    """Yields what is in the request log, the oldest first; of files that are written yet, what is whole.

    Files that were closed before `since` are left alone. Raises MillraceError for a damaged record.
    """

    def is_wanted(name: str) -> bool:
        return since is None or may_hold(PurePosixPath(name).name, since)

    sync.fetch_files(home, home.requests, only=lambda name: name.endswith(SUFFIX) and is_wanted(name))
    paths = [path for path in home.requests.glob("*") if path.suffix in (SUFFIX, PART) and is_wanted(path.name)]
    for path in sorted(paths):
        yield from map(decode, read_records(path))
