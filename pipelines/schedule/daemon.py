"""The daemon: at its time it asks each pipeline whether to train, by `millrace run --if-due` in a process of its own.

It remembers nothing that it needs: what is dealt with lies in each pipeline's home, and is decided there by who holds
the pipeline. Kept in memory are only the moments at which to ask again, which the answers name.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from configs.errors import MillraceError
from configs.home import Home
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.schedule.alarm import Alarm
from pipelines.schedule.asking import Answer, Asking, begin_asking
from pipelines.schedule.state import read_state

LOOK = 1.0  # seconds between two looks at the clock, the files and the processes
GRACE = 30.0  # seconds in which a run that is stopped has to end
NAMES = ("*.yaml", "*.yml")
Stamp = tuple[object, ...]
LOG = logging.getLogger("millrace.schedule")


@dataclass
class Pipeline:
    """A config that the daemon looks after, and how it stands."""

    path: Path
    name: str = ""
    home: Home | None = None  # None while its config is broken, or has no schedule
    config: Config | None = None  # the newest that was in order
    ask_at: datetime | None = None  # None: not before a file changes
    said: str = ""  # the last answer, or what is wrong
    broken: bool = False
    asking: Asking | None = None
    stamp: Stamp = ()
    runs: dict[int, int] = field(default_factory=dict)  # how many ended with each exit code
    alarm: Alarm = field(default_factory=Alarm)

    def look(self) -> Stamp:
        """Returns what tells whether its config was changed, or a person wants something else of its schedule."""
        return _stamp(self.path), _wishes(self.home) if self.home else None


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size


def _wishes(home: Home) -> Stamp:
    try:
        state = read_state(home)
    except MillraceError as error:  # which who asks will say
        return (str(error),)
    return state.paused, state.asked, state.resumed


class Daemon:
    """Looks after the pipelines of some configs, and of those in a folder; `jobs` of them may be at work at once."""

    def __init__(
        self,
        paths: Sequence[Path],
        folder: Path | None,
        jobs: int,
        clock: Callable[[], datetime],
        begin: Callable[[Path], Asking] = begin_asking,
    ) -> None:
        self.paths, self.folder, self.jobs, self.clock, self.begin = paths, folder, jobs, clock, begin
        self.pipelines: dict[Path, Pipeline] = {}
        self.looked = clock()  # when it last looked, by which its health is told

    def serve(self, stop: threading.Event) -> None:
        """Looks after them until it is told to stop; runs at work are stopped, and gone on with at the next start."""
        while not stop.is_set():
            self.step()
            stop.wait(LOOK)
        working = [pipeline.asking for pipeline in self.pipelines.values() if pipeline.asking]
        LOG.info("stopping, with %d at work", len(working))
        for asking in working:
            asking.stop()
        for asking in working:
            asking.end(GRACE)

    def step(self) -> None:
        """Takes the answers that have come, sees what changed, and asks whom it is time to ask."""
        self.looked = now = self.clock()
        for pipeline in self.pipelines.values():
            if pipeline.asking and (answer := pipeline.asking.poll()):
                take_answer(pipeline, answer, now)
        self.refresh(now)
        ready = [each for each in self.pipelines.values() if each.ask_at and each.ask_at <= now and not each.asking]
        free = self.jobs - sum(each.asking is not None for each in self.pipelines.values())
        for pipeline in sorted(ready, key=lambda each: each.ask_at or now)[: max(0, free)]:
            pipeline.stamp = pipeline.look()
            pipeline.asking = self.begin(pipeline.path)

    def refresh(self, now: datetime) -> None:
        """Takes up configs that are new or changed, and lets go of those that are gone."""
        wanted = list_configs(self.paths, self.folder)
        for path in wanted:
            pipeline = self.pipelines.setdefault(path, Pipeline(path))
            if not pipeline.asking and pipeline.look() != pipeline.stamp:  # maybe since it was asked
                self.read(pipeline, now)
        for path in self.pipelines.keys() - wanted:
            if not self.pipelines[path].asking:
                del self.pipelines[path]
                LOG.info("%s is gone, and looked after no more", path)

    def read(self, pipeline: Pipeline, now: datetime) -> None:
        """Reads a config anew; one that is broken, or that has no schedule, stops only itself."""
        pipeline.home, pipeline.ask_at, pipeline.broken = None, None, False
        try:
            config = load(str(pipeline.path))
            others = [each for each in self.pipelines.values() if each is not pipeline and each.home == config.home]
            if others:
                raise MillraceError(f"{others[0].path} is a config of this pipeline, too.", str(pipeline.path))
            if config.schedule:
                pipeline.name, pipeline.home, pipeline.ask_at = config.name, config.home, now
                pipeline.config = config
            say(pipeline, "it is asked now" if config.schedule else "it has no schedule")
        except (MillraceError, OSError) as error:
            pipeline.broken = True
            say(pipeline, f"it is left alone: {error}", logging.ERROR)
        pipeline.stamp = pipeline.look()


def list_configs(paths: Iterable[Path], folder: Path | None) -> dict[Path, None]:
    """Returns the configs that are named, and those in the folder, in order."""
    inside = [path for name in NAMES for path in (folder.glob(name) if folder else ())]
    return dict.fromkeys(path.absolute() for path in [*paths, *sorted(inside)])


def take_answer(pipeline: Pipeline, answer: Answer, now: datetime) -> None:
    """Notes what came of asking: after a run, how it ended decides what is next, so it is asked again at once."""
    pipeline.asking, pipeline.broken = None, answer.exit_code == 2 and answer.run is None
    if answer.run:
        pipeline.runs[answer.exit_code] = pipeline.runs.get(answer.exit_code, 0) + 1
    pipeline.ask_at = now if answer.run else answer.ask_at
    if pipeline.config and answer.decided:
        pipeline.alarm.clear(pipeline.config)
    elif pipeline.config:
        pipeline.alarm.sound(pipeline.config, answer.error)
        pipeline.ask_at = None if pipeline.broken else pipeline.alarm.ask_again(pipeline.config, now)
    level = logging.INFO if answer.decided and answer.exit_code == 0 else logging.ERROR
    say(pipeline, answer.text, level)


def say(pipeline: Pipeline, text: str, level: int = logging.INFO) -> None:
    """Writes down how a pipeline stands, once for as long as it stands so."""
    if text != pipeline.said:
        LOG.log(level, "%s: %s", pipeline.name or pipeline.path.name, text)
    pipeline.said = text
