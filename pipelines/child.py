"""The process that runs a run's nodes: `python -m pipelines.child CONFIG.json RUN_ID EVENTS_FD CACHE NODE...`.

It reports to the parent by lines of JSON on a file descriptor; its standard output and error are the run's log.
"""

import json
import logging
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from configs.schema import Config


class Reporter(logging.Handler):
    """Sends what the nodes report as progress to the parent."""

    def __init__(self, events: TextIO) -> None:
        super().__init__(logging.INFO)
        self.events, self.node = events, ""

    def send(self, event: Mapping[str, Any]) -> None:
        self.events.write(json.dumps(event) + "\n")
        self.events.flush()

    def emit(self, record: logging.LogRecord) -> None:
        self.send({"node": self.node, "state": "running", "text": record.getMessage()})


def main(arguments: Sequence[str]) -> None:
    """Launches the nodes one after another, until one fails."""
    config_file, run_id, events, cache, *nodes = arguments
    config = Config.model_validate_json(Path(config_file).read_text())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    threading.Thread(target=end_with_parent, daemon=True).start()
    with os.fdopen(int(events), "w") as stream:
        run(config, run_id, cache == "cache", nodes, Reporter(stream))


def end_with_parent() -> None:
    """Ends this process when the parent is gone, which closes our standard input."""
    os.read(0, 1)
    os._exit(1)


def run(config: Config, run_id: str, cache: bool, nodes: Sequence[str], reporter: Reporter) -> None:
    """Launches the nodes, and stops at the first that fails."""
    reporter.node = nodes[0]
    reporter.send({"node": nodes[0], "state": "running", "text": "loading TensorFlow"})
    from pipelines.dag import compile_ir
    from pipelines.launch import launch

    logging.getLogger("millrace.progress").addHandler(reporter)
    ir = compile_ir(config, cache)
    for node in nodes:
        reporter.node = node
        reporter.send({"node": node, "state": "running", "text": ""})
        outcome = launch(ir, node, run_id, config.home)
        reporter.send({"outcome": asdict(outcome)})
        if not outcome.succeeded:
            return


if __name__ == "__main__":
    main(sys.argv[1:])
