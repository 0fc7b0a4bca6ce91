"""What the daemon tells those who look after it, over HTTP: whether it is well, and how each pipeline stands."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from configs.errors import ConfigError
from pipelines.schedule.daemon import Daemon

STILL = timedelta(seconds=60)  # without a look at its pipelines, after which the daemon is not well
TYPE = "text/plain; version=0.0.4; charset=utf-8"


def serve_health(daemon: Daemon, address: str) -> ThreadingHTTPServer:
    """Answers GET /healthz and /metrics at HOST:PORT from a thread of its own; raises ConfigError for any other."""
    host, _, port = address.rpartition(":")
    try:
        server = ThreadingHTTPServer((host.strip("[]") or "localhost", int(port)), _handle(daemon))
    except (OSError, ValueError, OverflowError) as error:
        raise ConfigError(f"it cannot listen there: {error}", f"--listen {address}", "Write HOST:PORT.") from error
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _handle(daemon: Daemon) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds for a client to ask

        def do_GET(self) -> None:
            pages = {"/healthz": tell_health, "/metrics": tell_metrics}
            page = pages.get(self.path.partition("?")[0])
            code, text = page(daemon) if page else (404, "There are /healthz and /metrics.\n")
            self.send_response(code)
            self.send_header("Content-Type", TYPE)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing of who looks."""

    return Handler


def tell_health(daemon: Daemon) -> tuple[int, str]:
    """Returns 200 while the daemon looks after its pipelines, and 503 when it has not for a minute."""
    well = daemon.clock() - daemon.looked < STILL
    return (200, "ok\n") if well else (503, f"It last looked at its pipelines at {daemon.looked.isoformat()}.\n")


def tell_metrics(daemon: Daemon) -> tuple[int, str]:
    """Returns how each pipeline stands, in Prometheus' text form."""
    return 200, "\n".join(_list_metrics(daemon)) + "\n"


def _list_metrics(daemon: Daemon) -> Iterator[str]:
    known = [each for each in list(daemon.pipelines.values()) if each.home or each.broken]
    labels = {id(each): f'pipeline="{each.name or each.path.stem}"' for each in known}
    for name, text, values in (
        ("broken", "Whether its config cannot be used.", {id(each): int(each.broken) for each in known}),
        ("working", "Whether it is asked, or runs.", {id(each): int(each.asking is not None) for each in known}),
        (
            "next_ask_timestamp_seconds",
            "When it is asked next; none while it waits for a change.",
            {id(each): each.ask_at.timestamp() for each in known if each.ask_at},
        ),
    ):
        yield from (f"# HELP millrace_schedule_{name} {text}", f"# TYPE millrace_schedule_{name} gauge")
        yield from (f"millrace_schedule_{name}{{{labels[key]}}} {value:.0f}" for key, value in values.items())
    yield "# HELP millrace_schedule_runs_total Runs that ended since the daemon began, by exit code."
    yield "# TYPE millrace_schedule_runs_total counter"
    for each in known:
        for code, number in sorted(each.runs.items()):
            yield f'millrace_schedule_runs_total{{{labels[id(each)]},exit_code="{code}"}} {number}'
