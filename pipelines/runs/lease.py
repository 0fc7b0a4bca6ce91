"""Who holds a pipeline in a cluster: a lease, which is a row of the metadata database that names a run.

Its times are told by the database's own clock. The run that holds it takes it again for each of its steps, and keeps
it between them; it ends when the run does. While a step works the row names its process and its pod, and it ends five
minutes after the last sign of life; between two steps it stays for an hour. Who wants it takes over at once where the
process was killed on the same machine, or where the holder is known to have ended by whoever ran it.

What is in service has a lease of its own in an object store, held for the moment of a change: who rolls back waits for
no training.
"""

import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import Any

from configs.errors import ConfigError, MillraceError, PipelineBusy
from configs.schema.config import Config
from pipelines.runs import metadata_file
from pipelines.runs.directory import lock_home
from pipelines.runs.holder import Holder
from pipelines.runs.run import new_id

TERM = 3600  # seconds: so long may a pool of nodes take to grow between two steps
AT_WORK = 300  # seconds without a sign of life, of a step that is at work
BEAT = 60.0  # seconds between two signs of life
SERVICE_TERM = 180  # seconds, of what is in service: nothing happens between two steps
SERVICE_PATIENCE = 240.0  # seconds to wait for who is putting something into service
TABLE = """CREATE TABLE IF NOT EXISTS millrace_lease (
    pipeline VARCHAR(63) PRIMARY KEY, run VARCHAR(128) NOT NULL, host VARCHAR(255) NOT NULL,
    since DATETIME NOT NULL, ends DATETIME NOT NULL)"""
ROW = "INSERT IGNORE INTO millrace_lease VALUES (%s, '', '', UTC_TIMESTAMP(), UTC_TIMESTAMP())"
TAKE = """UPDATE millrace_lease
    SET since = IF(run = %s, since, UTC_TIMESTAMP()), run = %s, host = %s, ends = UTC_TIMESTAMP() + INTERVAL %s SECOND
    WHERE pipeline = %s AND (run = %s OR ends <= UTC_TIMESTAMP())"""
READ = "SELECT run, host, since, ends FROM millrace_lease WHERE pipeline = %s"
END = "UPDATE millrace_lease SET ends = UTC_TIMESTAMP() WHERE pipeline = %s AND run = %s AND host = %s"
PAUSE = """UPDATE millrace_lease SET host = %s, ends = UTC_TIMESTAMP() + INTERVAL %s SECOND
    WHERE pipeline = %s AND run = %s AND host = %s"""
RELEASE = "DELETE FROM millrace_lease WHERE pipeline = %s AND run = %s"


Ended = Callable[[str], str | None]  # why a run is known to have ended, by its id; None where it lives, or may


def _nobody_knows(run: str) -> str | None:
    return None


@contextmanager
def hold_pipeline(config: Config, holder: str, ended: Ended = _nobody_knows) -> Iterator[None]:
    """Holds the pipeline for a run while one of its steps works; afterwards the lease is the run's for an hour.

    `ended` is asked of a run that holds it already. Raises PipelineBusy, which names the holder, when another run has
    it; MillraceError when the database cannot be reached; ConfigError for a link in the pipeline's folder. Where the
    metadata is SQLite there is one machine, and its lock is the file that `lock_home` locks.
    """
    require_database(config)
    config.home.refuse_links()
    if config.storage.metadata is None:
        with lock_home(config.home, holder), metadata_file.attended(config.home):
            yield
        return
    with _keeping(config, config.name, holder, AT_WORK, TERM, ended):
        yield


@contextmanager
def borrow_pipeline(config: Config, holder: str, ended: Ended = _nobody_knows) -> Iterator[None]:
    """Holds the pipeline as `hold_pipeline` does, and gives it back at the end."""
    with hold_pipeline(config, holder, ended):
        try:
            yield
        finally:
            with suppress(MillraceError):  # it ends by itself
                release_lease(config, holder)


@contextmanager
def hold_service(config: Config, holder: str) -> Iterator[None]:
    """Holds what is in service in an object store while it is changed; waits for who is changing it.

    On one machine the registry's own lock does. Raises PipelineBusy where the other takes minutes.
    """
    require_database(config)
    if config.home.store is None:
        yield
        return
    key, deadline = _service_key(config), time.monotonic() + SERVICE_PATIENCE
    while True:
        try:
            _take(config, key, holder, SERVICE_TERM)
            break
        except PipelineBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
    try:
        with _keeping(config, key, holder, SERVICE_TERM, SERVICE_TERM):
            yield
    finally:
        with suppress(MillraceError):  # it ends by itself
            _execute(config, (RELEASE, (key, holder)))


@contextmanager
def guard_service(config: Config, verb: str) -> Iterator[None]:
    """Holds what is in service while somebody changes it by hand; a run may go on meanwhile, and then learns of it."""
    with hold_service(config, f"{verb}-{new_id()}"):
        yield


def require_database(config: Config) -> None:
    """Raises ConfigError where others may publish as well, and nothing would keep two from doing so at once."""
    if config.home.store is not None and config.storage.metadata is None:
        raise ConfigError(
            "A pipeline in an object store needs a database, which holds its lease",
            where="storage.metadata",
            remedy="Write mysql://USER:PASSWORD@HOST:PORT/DATABASE.",
        )


def take_lease(config: Config, holder: str) -> None:
    """Takes the lease for a run, or prolongs it; raises PipelineBusy when another run has it."""
    _take(config, config.name, holder, TERM)


def find_holder(config: Config) -> str | None:
    """Returns the run that holds the pipeline; None where none does, or on one machine, which has a lock instead."""
    if config.storage.metadata is None:
        return None
    rows = _execute(config, (TABLE, ()), (READ + " AND ends > UTC_TIMESTAMP()", (config.name,)))
    return next((str(run) for run, *_ in rows if run), None)


def release_lease(config: Config, holder: str) -> None:
    """Gives the pipeline back if the run holds it; another run's lease stays."""
    if config.storage.metadata is not None:
        _execute(config, (TABLE, ()), (RELEASE, (config.name, holder)))


def _take(config: Config, key: str, holder: str, term: int, ended: Ended = _nobody_knows) -> None:
    """Takes a lease or prolongs it; that of a process of this machine which is dead has ended, or of a run that has."""
    take = (TAKE, (holder, holder, str(Holder.here()), term, key, holder))
    [(found, host, since, ends)] = _execute(config, (TABLE, ()), (ROW, (key,)), take, (READ, (key,)))
    if found != holder and (Holder.parse(host).is_dead() or ended(found)):
        [(found, host, since, ends)] = _execute(config, (END, (key, found, host)), take, (READ, (key,)))
    if found != holder:
        raise PipelineBusy(
            f"Another run holds the pipeline: run {found}, {Holder.parse(host).describe()}, "
            f"since {_format_time(since)}.",
            where=_address(config),
            remedy=f"Wait for it to end, or stop it; without a sign of life its lease ends at {_format_time(ends)}. "
            f"One that is known to have ended is freed by: millrace runs release CONFIG {found}",
        )


@contextmanager
def _keeping(
    config: Config, key: str, holder: str, term: int, afterwards: int, ended: Ended = _nobody_knows
) -> Iterator[None]:
    """Takes a lease and gives signs of life for as long as the block lasts; afterwards no process is named."""
    _take(config, key, holder, term, ended)
    over, lost = threading.Event(), list[PipelineBusy]()
    threading.Thread(target=_renew, args=(config, key, holder, term, over, lost), daemon=True).start()
    try:
        yield
    finally:
        over.set()
        if lost:
            raise lost[0]
        here = Holder.here()
        with suppress(MillraceError):
            _execute(config, (PAUSE, (here.host, afterwards, key, holder, str(here))))


def _renew(config: Config, key: str, holder: str, term: int, over: threading.Event, lost: list[PipelineBusy]) -> None:
    """Gives signs of life until the step has ended; a step whose lease another run has taken over is stopped."""
    while not over.wait(BEAT):
        try:
            _take(config, key, holder, term)
        except PipelineBusy as error:
            lost.append(error)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        except MillraceError:
            continue  # the database may come back before the lease has ended


def _service_key(config: Config) -> str:
    """Returns what the lease of what is in service is called: no name of a pipeline, and short enough for the table."""
    return "/" + hashlib.sha256(config.name.encode()).hexdigest()[:40]


def _execute(config: Config, *statements: tuple[str, Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """Executes the statements and returns the rows of the last; no error tells the password."""
    import pymysql  # half a second, which a pipeline on SQLite need not wait

    to = _server(config)
    account = {"user": to.user, "password": to.password, "database": to.database}
    try:
        with (
            pymysql.connect(host=to.host, port=to.port, **account, autocommit=True, connect_timeout=10) as session,
            session.cursor() as cursor,
        ):
            for statement, values in statements:
                cursor.execute(statement, values)
            return cursor.fetchall()
    except (pymysql.MySQLError, OSError, RuntimeError) as error:
        reason = str(error.args[-1] if error.args else type(error).__name__).rstrip(".")
        raise MillraceError(
            f"The metadata store cannot be used: {reason}.",
            where=_address(config),
            remedy="See that it runs and that storage.metadata is right.",
        ) from error


def _address(config: Config) -> str:
    to = _server(config)
    return f"{to.host}:{to.port}"


def _server(config: Config) -> Any:
    """Returns the MySQL of the metadata store: host, port, database, user, password."""
    from pipelines.runs.mlmd import connection  # only here: a pipeline on SQLite need not wait for MLMD

    return connection(config).mysql


def _format_time(time: datetime) -> str:
    return time.replace(tzinfo=timezone.utc).isoformat()
