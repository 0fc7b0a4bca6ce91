"""A server of one model on this machine: it answers with the version in service, and takes up each new one."""

import logging
import signal
import sys
import threading

import waitress

from configs.errors import ConfigError
from pipelines.serving.model_manager import Models
from pipelines.serving.rest_api import Application

THREADS = 8


def serve(models: Models, host: str, port: int) -> None:
    """Serves the model until it is interrupted; raises ConfigError where it cannot listen there."""
    try:
        server = waitress.create_server(Application(models), host=host, port=port, threads=THREADS, ident="millrace")
    except OSError as error:
        what = f"the server cannot listen there: {error.strerror or error}"
        raise ConfigError(what, f"--host {host} --port {port}", "Choose another, or end what holds it.") from error
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of every request that waits
    stop = threading.Event()
    threading.Thread(target=models.watch, args=(stop,), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # as an interrupt: requests at work are still answered
    models.say(f"Version {models.current.number} is served at http://{host}:{port}/v1/models/{models.name}")
    try:
        server.run()
    finally:
        stop.set()
