"""The step of a worker that shares a training from a pod of its own: it trains when the Trainer calls, again and again.

It ends as the Trainer does, so that a cluster that tries the one again tries the other. Where the Trainer's pod is gone
without a word it waits for the next.
"""

import time
from collections.abc import Callable

from components import worker_calls
from configs.errors import MillraceError
from configs.nodes import name_worker
from configs.progress import spell_duration
from configs.schema.config import Config
from pipelines.execution.container_entrypoint import recall_outcome
from pipelines.runs.outcomes import Outcome, as_error, read_outcomes
from pipelines.runs.run import Run

BEAT = 1.0  # seconds between two looks
TRAINER = "Trainer"


def attend(config: Config, run: Run, number: int, say: Callable[[str], None]) -> None:
    """Trains as the worker of this number for the run's Trainer until that has ended; raises what it failed by.

    Raises MillraceError where it does not call in as long as it would wait for a worker.
    """
    before, heard = read_outcomes(run).get(TRAINER), time.monotonic()
    say(f"{name_worker(number)} waits for the Trainer to call")
    while (ended := find_outcome(config, run, before)) is None:
        if line := worker_calls.answer(run.call, number):
            from components.training_workers import aid  # only here: of a training that is known, none loads TensorFlow

            say(f"{name_worker(number)} is called, and trains")
            with line:
                aid(line, number - 1)
            heard = time.monotonic()
        elif time.monotonic() - heard > worker_calls.PATIENCE:
            what = f"The Trainer has not called for {spell_duration(worker_calls.PATIENCE)}"
            raise MillraceError(what, name_worker(number), "See what became of its step.")
        else:
            time.sleep(BEAT)
    say(f"The Trainer has ended: {ended.text or ended.state}")
    if ended.error:
        raise as_error(ended.error)


def find_outcome(config: Config, run: Run, before: Outcome | None) -> Outcome | None:
    """Returns how the Trainer has ended, where no other try at it follows from what is on record.

    What was so `before` was told by an earlier try, unless another would end the same.
    """
    if known := recall_outcome(config, run, TRAINER):
        return known
    now = read_outcomes(run).get(TRAINER)
    return now if now != before else None
