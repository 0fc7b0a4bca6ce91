"""How a run ended, by what its steps' logs tell: the run's own exit code, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from configs.errors import ConfigError, DataRejected, NotBlessed, PipelineBusy
from configs.nodes import FINISH
from pipelines.remote.service import Run, Service
from pipelines.reporting import testimony
from pipelines.reporting.console import OUTCOMES, paragraph

VERDICTS = {error.exit_code for error in (ConfigError, DataRejected, NotBlessed, PipelineBusy)}


@dataclass(frozen=True)
class Ending:
    """What became of a run: the run's own exit code, what to say of it, and the version that it has published."""

    exit_code: int
    text: str
    published: int | None = None


class Witness:
    """Reads how a run ends out of its logs, each of them once.

    A step's verdict comes again however often the cluster tries that step, so it is how the run ends as soon as it is
    there; else the run's last step tells.
    """

    def __init__(self, service: Service) -> None:
        self.service, self.heard = service, set[str]()
        self.ending: Ending | None = None
        self.notes: list[str] = []  # of tries that failed, for whoever shows the run

    def knows_end(self, run: Run) -> bool:
        """Tells whether a run has ended, or will end by a verdict; `ending` says how, where its logs do."""
        self.ending = self._find_verdict(run) or (self._find_end(run) if run.ended else None)
        return run.ended or self.ending is not None

    def _find_verdict(self, run: Run) -> Ending | None:
        for step in run.steps:
            for number, each in enumerate(step.tries, 1):
                if each.state != "FAILED" or step.name == FINISH or each.node in self.heard:
                    continue
                self.heard.add(each.node)
                told = self._hear(run, step.name, each.node)
                if told.get("exit_code") in VERDICTS:
                    return _judge(told)
                self.notes.append(f"{told.get('node', step.title)}, try {number}: {told.get('what', 'failed')}")
        return None

    def _find_end(self, run: Run) -> Ending | None:
        tries = next((step.tries for step in run.steps if step.name == FINISH), ())
        told = self._hear(run, FINISH, tries[-1].node) if tries else {}
        return Ending(told["exit_code"], told["text"].strip(), told["published"]) if told else None

    def _hear(self, run: Run, step: str, node: str) -> dict[str, Any]:
        return testimony.read(self.service.read_log(run.run, step, node))


def _judge(told: Mapping[str, Any]) -> Ending:
    said = paragraph(told["what"], told["where"], told["remedy"])
    return Ending(told["exit_code"], f"{OUTCOMES.get(told['exit_code'], 'Failed')}; nothing was published.\n{said}")
