"""What the page of a taxi run costs: `python -m bench.run_page [ROUNDS]`.

In each round, another seed: a run as it is and one without the explanation, in turn the one and the other first; then
a process that makes anew of the former what else the page alone needs: intervals and curves of the rows that judged,
and the page. Of this what a process takes that imports the same and does nothing is taken off.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.measure import measure

WHOLE, BARE, PAGE, IMPORTS = "run", "run without explain", "intervals, curves and page", "imports of these"
AIM = 0.1  # of the run that they may take
IMPORTED = """\
import json, pathlib, sys
import numpy, pyarrow.parquet
from components.evaluation import intervals, predictions, quality
from configs.home import Home
from configs.schema.config import Config
from pipelines.runs.run import Run
"""
WRITTEN = """\
run = Run(Home(pathlib.Path(sys.argv[1])), sys.argv[2])
record, config = json.loads(run.record.read_text()), Config.model_validate_json(run.config.read_text())
[folder] = next(node for node in record["nodes"] if node["node"] == "Evaluator")["outputs"]["evaluation"]
judging = predictions.read_predictions(folder)
intervals.keep_intervals(judging, config.label, folder)
quality.keep_quality(judging, config.label, folder)
from pipelines.reporting.html_report import write_report
write_report(record, run)
"""


def compete(rounds: int, place: Path) -> dict[str, list[float]]:
    """Returns the CPU seconds of each round, by what took them."""
    costs: dict[str, list[float]] = {}
    for number in range(rounds):
        whole, bare = (place / f"{name}-{number}" for name in ("whole", "bare"))
        turns = [(WHOLE, whole, ()), (BARE, bare, ("explain=null",))]
        for name, root, changes in turns[:: 1 if number % 2 else -1]:
            settings = [f"storage.root={root}", f"training.seed={number}", *changes]
            options = [part for setting in settings for part in ("--set", setting)]
            costs.setdefault(name, []).append(call(place, "-m", "pipelines", "run", "configs/taxi.yaml", *options))
        home = whole / "taxi"
        [run] = (home / "runs").iterdir()
        for name, statements in ((PAGE, IMPORTED + WRITTEN), (IMPORTS, IMPORTED)):
            costs.setdefault(name, []).append(call(place, "-c", statements, str(home), run.name))
    return costs


def call(place: Path, *words: str) -> float:
    """Returns the CPU seconds that Python takes for these words."""
    return measure([sys.executable, *words], place, {})[0].cpu


def tell(costs: Mapping[str, Sequence[float]]) -> str:
    """Returns the medians, and which share of a run the page takes."""
    middle = {name: median(found) for name, found in costs.items()}
    explanation, page = middle[WHOLE] - middle[BARE], middle[PAGE] - middle[IMPORTS]
    lines = [f"{name}: {middle[name]:.1f} CPU s ({', '.join(f'{cost:.1f}' for cost in costs[name])})" for name in costs]
    share = (explanation + page) / middle[WHOLE]
    verdict = "within" if share <= AIM else "more than"
    lines.append(f"explanation {explanation:.1f}, page {page:.1f}: {share:.1%} of the run, {verdict} {AIM:.0%}")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    with TemporaryDirectory(prefix="bench-") as folder:
        sys.stdout.write(tell(compete(int(sys.argv[1]) if len(sys.argv) > 1 else 3, Path(folder))))
