"""What the daemon itself tells: that a pipeline cannot be asked, as when its home cannot be written, and that it can.

What it has told is kept in memory, since no disk may be there to keep it: a daemon that is started anew tells again
what still stands.
"""

import logging
import threading
from datetime import datetime, timedelta

from configs.errors import MillraceError
from configs.schema.config import Config
from configs.schema.duration import read_duration
from pipelines.notify.announcement import Ledger, add_messages, deliver
from pipelines.notify.message import Message, tell_answered, tell_unanswered
from pipelines.remote.schedule import schedule_of
from pipelines.schedule.times import find_next

RARELY = timedelta(hours=1)  # until one is asked again that has spent its budget of failures
LOG = logging.getLogger("millrace.schedule")


class Alarm:
    """Watches over the answers of one pipeline: a message goes out when they fail to come, one when they do again."""

    def __init__(self) -> None:
        self.unanswered = 0  # how often in a row it was asked in vain
        self.ledger = Ledger()
        self.changing, self.telling = threading.Lock(), threading.Lock()

    def sound(self, config: Config, error: MillraceError | None) -> None:
        """Tells that no answer came, unless that was told of this cause."""
        self.unanswered += 1
        self._tell(config, [tell_unanswered(config.name, error or MillraceError("No answer came."))])

    def clear(self, config: Config) -> None:
        """Tells that answers come again, where it was told that none did."""
        self.unanswered = 0
        self._tell(config, [tell_answered(config.name)] if self.ledger.causes else [])
        self.ledger.causes = []

    def ask_again(self, config: Config, now: datetime) -> datetime:
        """Returns when to ask it again: soon, as often as its schedule lets runs fail, and then rarely."""
        schedule = schedule_of(config)
        if self.unanswered < schedule.failures.pause_after:
            return now + read_duration(schedule.failures.retry_in)
        return min(now + RARELY, find_next(schedule, now))

    def _tell(self, config: Config, messages: list[Message]) -> None:
        with self.changing:
            add_messages(config, self.ledger, messages)
        if self.ledger.waiting:  # a server that is slow to take it holds no other pipeline up
            threading.Thread(target=self._deliver, args=(config,), daemon=True).start()

    def _deliver(self, config: Config) -> None:
        with self.telling:
            with self.changing:
                waiting, self.ledger.waiting = self.ledger.waiting, []
            kept = deliver(config, waiting, lambda text: LOG.error("%s: %s", config.name, text))
            with self.changing:
                self.ledger.waiting = kept + self.ledger.waiting
