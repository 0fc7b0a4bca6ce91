"""What processes do in the place of workers that train; nothing heavy is loaded for it, so that they begin soon."""

import json
import logging
import os
import signal
import threading

from configs.errors import MillraceError


def learn(train, number, addresses, line):
    """Ends well, having learnt what was given for its number."""
    if number == 0:
        line.send((logging.INFO, "step 1 of 1"))
    line.send(train["learnt"][number])
    threading.Event().wait()


def tell_where(train, number, addresses, line):
    """Ends well, having learnt where all are and which it is."""
    line.send(json.dumps({"cluster": list(addresses), "task": {"index": number}}))
    threading.Event().wait()


def die(train, number, addresses, line):
    """The second one ends in the way that is given, and the others wait for it for ever."""
    if number == 1:
        os.kill(os.getpid(), train["signal"]) if train["signal"] else os._exit(3)
    threading.Event().wait()


def fail(train, number, addresses, line):
    """The second one says what is wrong, and the first, which hears nothing of it, waits."""
    if number == 1:
        line.send(MillraceError("The loss became nan at step 7.", "Trainer", "Lower the rate."))
    threading.Event().wait()


SIGNALS = {signal.SIGKILL: "was killed (signal 9)", signal.SIGSEGV: "died of SIGSEGV", 0: "ended with code 3"}
