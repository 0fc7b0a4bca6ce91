"""What a daemon costs that looks after many pipelines, and really asks each: `python -m bench.daemon FOLDER PIPELINES`.

Each has an empty home, and a schedule whose time has not come: so an ask loads config and home, decides, and trains
nothing. Printed are the daemon's memory and CPU, and what the processes cost that it sent, of as many as had answered.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

import psutil

from bench.measure import ROOT
from configs.clock import utc_now
from configs.home import Home
from pipelines.schedule.state import State, write_state

LISTEN = "127.0.0.1:9465"
IDLE = 30  # seconds in which it is watched while it waits
YAML = """\
name: p{number}
data: {{format: csv, path: rows.csv}}
label: {{name: tips, kind: binary}}
features: {{fare: {{kind: numeric}}, company: {{kind: categorical, vocabulary: 50}}}}
model: {{family: dnn, hidden_units: [8]}}
training: {{batch_size: 64, epochs: 1, optimizer: {{name: adam, learning_rate: 1e-2}}}}
evaluation: {{thresholds: {{auc: {{min: 0.5}}}}}}
schedule: {{cron: "0 3 1 1 *"}}
storage: {{root: workspace}}
"""


def write_pipelines(folder: Path, pipelines: int) -> None:
    """Writes their configs, and homes whose times are dealt with up to now."""
    (folder / "rows.csv").write_text("fare,company,tips\n" + "7.5,Lake Cabs,1\n3.2,,0\n" * 50)
    for number in range(pipelines):
        (folder / f"p{number}.yaml").write_text(YAML.format(number=number))
        write_state(Home(folder / "workspace" / f"p{number}"), State(handled=utc_now() - timedelta(seconds=1)))


def count_answers(log: Path) -> int:
    """Returns how many pipelines have answered."""
    return log.read_text().count("not due: ") if log.exists() else 0


def measure(folder: Path, pipelines: int, jobs: int, patience: float) -> dict[str, float]:
    """Lets a daemon ask them all, or as many as it can in so many seconds, and watches it while it waits."""
    log = folder / "daemon.log"
    arguments = ["--folder", str(folder), "--jobs", str(jobs), "--listen", LISTEN, "--log", str(log)]
    daemon = subprocess.Popen([sys.executable, "-m", "pipelines", "schedule", "run", *arguments], cwd=ROOT)
    watched, begun = psutil.Process(daemon.pid), time.monotonic()
    try:
        while count_answers(log) < pipelines and time.monotonic() - begun < patience:
            time.sleep(1)
        took, spent, answers = time.monotonic() - begun, watched.cpu_times(), count_answers(log)
        time.sleep(IDLE)
        idle = watched.cpu_times()
        with urllib.request.urlopen(f"http://{LISTEN}/metrics", timeout=10) as metrics:
            known = metrics.read().count(b"millrace_schedule_working{")
        return {
            "pipelines": known,
            "answers": answers,
            "seconds": round(took, 1),
            "MB": round(watched.memory_info().rss / 1e6),
            "CPU s an ask": round((spent.children_user + spent.children_system) / max(answers, 1), 2),
            "own CPU ms a second, waiting": round(
                1000 * (idle.user + idle.system - spent.user - spent.system) / IDLE, 1
            ),
        }
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()


def main() -> None:
    """Measures it, and prints JSON."""
    folder, pipelines = Path(sys.argv[1]), int(sys.argv[2])
    patience = float(sys.argv[3]) if len(sys.argv) > 3 else 3600.0
    write_pipelines(folder, pipelines)
    sys.stdout.write(json.dumps(measure(folder, pipelines, os.cpu_count() or 1, patience), indent=2) + "\n")


if __name__ == "__main__":
    main()
