"""How much time is left to explain a model in."""

import time


class Clock:
    """CPU seconds that this process may take from now on; threads count, and what it waits for does not."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.start = seconds, time.process_time()

    @property
    def spent(self) -> float:
        """The seconds that it has taken."""
        return time.process_time() - self.start

    @property
    def left(self) -> float:
        """The seconds that it may take yet, none where they are over."""
        return max(0.0, self.seconds - self.spent)

    @property
    def is_over(self) -> bool:
        """Whether none is left."""
        return self.left <= 0

    def part(self, share: float) -> "Clock":
        """Returns a clock of a share of what is left."""
        return Clock(share * self.left)
