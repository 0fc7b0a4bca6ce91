"""From an order to a look that is kept."""

import re
from dataclasses import dataclass
from datetime import datetime

from configs.clock import utc_now
from configs.errors import ConfigError
from configs.schema.config import Config
from configs.schema.duration import DURATION, read_duration
from pipelines.monitoring.labelled_rows import find_source
from pipelines.monitoring.look import Look, look_at_files, look_at_requests
from pipelines.monitoring.looks import keep_look, read_looks
from pipelines.monitoring.page import render_page
from pipelines.serving.batch_predict import choose_version
from pipelines.storage import sync


@dataclass(frozen=True)
class Rows:
    """Which rows to look at: those of files or of a span, else what the request log holds."""

    source: str | None = None
    span: str | int | None = None
    requests: bool = False
    since: datetime | None = None  # of requests, which not to read


def choose_rows(source: str | None, span: str | int | None, requests: bool, since: str | None = None) -> Rows:
    """Returns what the options ask for; raises ConfigError where they do not go together."""
    given = {"--input": source is not None, "--span": span is not None, "--requests": requests}
    named = [name for name, is_there in given.items() if is_there]
    if len(named) > 1:
        raise ConfigError("the rows are of one place", ", ".join(named), "Leave one out.")
    if since is None:
        return Rows(source, span, requests)
    if not requests:
        raise ConfigError("is for what the request log holds", "--since", "Add --requests.")
    if not re.fullmatch(DURATION, since):
        raise ConfigError(f"{since!r} is no duration", "--since", "Write one like 12h, 7d.")
    return Rows(requests=True, since=utc_now() - read_duration(since))


def inspect(config: Config, rows: Rows) -> Look:
    """Takes a look at the version in service and keeps it; raises ConfigError, DataRejected, MillraceError."""
    home = config.home
    source = None if rows.requests else find_source(config, rows.source, rows.span)
    sync.fetch_service(home)
    sync.fetch_files(home, home.looks)
    version, served = choose_version(home, None)
    earlier = read_looks(home)
    if source is None:
        look = look_at_requests(config, served, version, home, earlier, rows.since)
    else:
        look = look_at_files(config, served, version, source, earlier)
    keep_look(home, look.as_data())
    home.monitor_page.write_text(render_page(config.name, read_looks(home)), encoding="utf-8")
    sync.put_files(home, home.looks, home.monitor_page)
    return look
