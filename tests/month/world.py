"""The world of the month: the folder that trips come to, the daemon, the server, and who is told."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psutil

from configs.home import Home
from configs.repository import ROOT
from pipelines.schedule.state import read_state
from tests.fakes.read_only_disk import read_only
from tests.fakes.webhook import listening
from tests.month.present import Clock
from tests.month.reader import Reader
from tests.month.trips import Trip, write_trips
from tests.pipelines.conftest import free_port

GAUGE = re.compile(r'^millrace_schedule_(\w+)\{pipeline="trips"\} (\d+)', re.MULTILINE)
PATIENCE = 900.0  # seconds for what takes some
FIRST = datetime(2026, 3, 1, tzinfo=timezone.utc)
SOON = 60.0  # seconds
MARK = "_SUCCESS"
NOTIFY = """\
notify: [{kind: webhook, url: "HOOK", body: '{"event": "{event}", "run": "{run}", "text": "{text}"}'}]
"""


class World:
    """All of it, while the block runs."""

    def __init__(self, folder: Path, apart: Sequence[Trip], yaml: str) -> None:
        self.folder, self.apart, self.yaml = folder, apart, yaml
        self.config, self.home = folder / "trips.yaml", Home(folder / "workspace" / "trips")
        self.clock, self.log = Clock(folder / "clock.txt"), folder / "daemon.log"
        self.reader: Reader | None = None
        self.open, self.disk = ExitStack(), ExitStack()

    def __enter__(self) -> "World":
        self.hook = self.open.enter_context(listening())
        self.config.write_text(self.yaml.replace("HOOK", self.hook.url))
        self.clock.set(FIRST)
        return self

    def __exit__(self, *_: object) -> None:
        self.disk.close()
        self.open.close()

    @property
    def events(self) -> list[str]:
        """What was told, by kind, in order."""
        return [content["event"] for _, content in self.hook.taken]

    def go_to(self, day: int, hour: int, minute: int = 0) -> None:
        """Sets the clock; the first day is 1."""
        self.clock.set(FIRST + timedelta(days=day - 1, hours=hour, minutes=minute))

    def span(self, day: int) -> Path:
        return self.folder / "trips" / f"{FIRST + timedelta(days=day - 1):%Y-%m-%d}"

    def deliver(self, day: int, trips: Sequence[Trip], part: str = "trips", complete: bool = True) -> int:
        """Lets trips come into the folder of a day; returns how many."""
        write_trips(self.span(day) / f"{part}.csv", trips)
        if complete:
            (self.span(day) / MARK).touch()
        return len(trips)

    def millrace(self, verb: str, *arguments: str, codes: Sequence[int] = (0,)) -> Any:
        """Runs a command on the config to its end, and returns the JSON that it answered with, if any."""
        words = verb.split()
        command = [sys.executable, "-m", "pipelines", *words, str(self.config), *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode not in codes:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.clock.environment, "COLUMNS": "200"}

    def start_daemon(self) -> None:
        """Starts `millrace schedule run`."""
        self.health = f"127.0.0.1:{free_port()}"
        self.daemon = self._start("schedule run", "--listen", self.health, "--log", str(self.log))

    def start_server(self) -> None:
        """Starts `millrace serve`, and a reader who asks it from now on."""
        server = self._start("serve", "--host", "127.0.0.1", "--port", str(free_port()))
        assert server.stdout
        address = server.stdout.readline().split()[-1]
        self.reader = Reader(address, self.apart, lambda: self.clock.now)
        self.reader.start()
        self.open.callback(self.reader.stop)

    def _start(self, verb: str, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "pipelines", *verb.split(), str(self.config), *arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment, text=True, stdout=subprocess.PIPE)
        self.open.callback(end, process)
        return process

    def wait(self, condition: Callable[[], bool], pause: float = 0.1) -> None:
        """Waits until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing came: {(self.folder / 'daemon.log').read_text()[-2000:]}")
            time.sleep(pause)

    def wait_for_answer(self) -> None:
        """Waits until the daemon has asked, what came of it is over, and it waits for a later time."""
        self.wait(lambda: self._waits() and (not self.home.schedule.exists() or read_state(self.home).asked is None))

    def _waits(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.health}/metrics", timeout=10) as answer:
                told = dict(GAUGE.findall(answer.read().decode()))
        except OSError:  # it has not begun to listen
            return False
        later = float(told.get("next_ask_timestamp_seconds", 0)) > self.clock.now.timestamp() + SOON
        return later and told["working"] == "0"

    def cut_power(self) -> None:
        """Kills the daemon and all that it started, once a training has left a checkpoint."""
        self.wait(lambda: self._trains() or self._waits(), pause=0.02)
        assert self._trains(), f"no run has trained: {self.log.read_text()[-2000:]}"
        for process in [*psutil.Process(self.daemon.pid).children(recursive=True), psutil.Process(self.daemon.pid)]:
            process.kill()
        self.daemon.wait()

    def _trains(self) -> bool:
        return any(self.home.checkpoints.glob("*/state.npz"))

    def ask_in_vain(self, day: int) -> None:
        """Lets the daemon ask while there is no answer: at its time, twice soon after, and from hour to hour."""
        self.wait_for_answer()
        for hour, minute in ((3, 16), (3, 32), (4, 33), (5, 34)):
            self.go_to(day, hour, minute)
            self.wait_for_answer()

    def lock_disk(self) -> None:
        """Lets the disk of the home be read only."""
        self.disk.enter_context(read_only(self.home.root))

    def free_disk(self) -> None:
        self.disk.close()


def end(process: "subprocess.Popen[str]") -> None:
    """Ends a process as a service manager does."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()
