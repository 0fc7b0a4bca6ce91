"""Publishes in a process that kills itself at the n-th file operation; forks from here, where nothing heavy lives.

Reads lines `HOME MODEL N` and answers each with how the child ended: its negative signal, or its exit code.
"""

import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType

from components.registry.model_registry import Record
from configs.home import Home
from tests.fakes.models import publish

OPERATIONS = {"open", "write", "sendfile", "fsync", "close", "mkdir", "rename", "unlink", "rmdir"}


def publish_until(home, model, fatal):
    count = 0

    def watch(frame: FrameType, event: str, called: object) -> None:
        nonlocal count
        count += event == "c_call" and (called is os.replace or called.__name__ in OPERATIONS)
        if count == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    publish(Home(Path(home)), Path(model), {"schema.pbtxt": Path(model, "saved_model.pb")}, Record("killed"))
    sys.setprofile(None)


def serve():
    for line in sys.stdin:
        home, model, fatal = line.split()
        child = os.fork()
        if child == 0:
            try:
                publish_until(home, model, int(fatal))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
