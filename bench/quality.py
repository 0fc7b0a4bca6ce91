"""How good a first model is, without any help, beside the plain choices: `make quality`.

Each table goes through `millrace init`, `run` and `predict`; rows that are held out judge what it says of them, and
what scikit-learn's models say that were trained on all rows that Millrace was shown.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from jinja2 import Environment, PackageLoader, StrictUndefined

from bench import machine
from bench.measure import ROOT, measure
from bench.tables import LABEL, TABLES, Table
from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.synthesis import rivals

PAGE, RECORDS = "quality.md", "quality.json"
QUALITIES = ("fast", "good", "best")
RIVALS = ("linear", "trees")
NEAR = 0.02  # of the better rival, by which the default may fall behind it
WANTED = 7  # tables of ten, on which the best is to be at or above it
DRAWN = 500  # samples of the rows held out, which tell what is chance

Record = dict[str, Any]


def main(
    tables: Annotated[str, typer.Option(help="Which of them.")] = ",".join(TABLES),
    qualities: Annotated[str, typer.Option(help="Of `init --quality`.")] = ",".join(QUALITIES),
    into: Annotated[Path, typer.Option(help="Where the page goes.")] = ROOT / "docs",
    redraw: Annotated[bool, typer.Option("--redraw", help="Run nothing; draw what was measured last.")] = False,
) -> None:
    """Measure what a first model is worth, and write the page."""
    store = into / RECORDS
    measured = json.loads(store.read_text()) if store.exists() else {"records": {}}
    for name in () if redraw else tables.split(","):
        with TemporaryDirectory(prefix="bench-") as folder:
            known = measured["records"].get(name, {})
            measured["records"][name] = known | try_table(TABLES[name], qualities.split(","), Path(folder))
        measured["machine"] = machine.describe()
        store.write_text(json.dumps(measured, indent=1) + "\n")
        scores = [f"{who} {measured['records'][name][who]['score']}" for who in (*RIVALS, *qualities.split(","))]
        typer.echo(f"{name:14}{'  '.join(scores)}")
    (into / PAGE).write_text(draw(measured), encoding="utf-8")
    typer.echo(f"drawn: {into / PAGE}")


def try_table(table: Table, qualities: Sequence[str], folder: Path) -> Record:
    """Returns what each rival and each quality of ours reached, by name."""
    shown, held = table.split()
    shown.to_csv(folder / "rows.csv", index=False)
    held.drop(columns=LABEL).to_csv(folder / "held.csv", index=False)
    label = (held[LABEL] == held[LABEL].max()).to_numpy() if table.kind == "binary" else held[LABEL].to_numpy()
    found: Record = {"rows": len(shown)}
    for name, model in rivals.make(table.kind).items():
        model.fit(shown.drop(columns=LABEL), shown[LABEL])
        found[name] = judge(table.kind, label, rivals.answer(model, table.kind, held))
    drawn: dict[str, Config] = {}
    commit = machine.name_commit()
    for quality in qualities:
        file = folder / quality / "rows.yaml"
        seconds = {
            "init": run("init", str(folder / "rows.csv"), "--label", LABEL, "--quality", quality, "-o", str(file))
        }
        config = load(file)
        alike = next((other for other, its in drawn.items() if its == config), None)
        drawn[quality] = config
        if alike:  # the same config makes the same model
            found[quality] = found[alike] | {"seconds": found[alike]["seconds"] | seconds, "commit": commit}
            continue
        try:
            answers = ask(file, seconds)[name_answer(table.kind, held[LABEL])].to_numpy()
        except ChildProcessError as error:
            typer.echo(str(error), err=True)
            answers = None
        told = {"model": config.model.family, "seconds": seconds, "commit": commit}
        found[quality] = judge(table.kind, label, answers) | told
    return found


def ask(file: Path, seconds: dict[str, float]) -> pd.DataFrame:
    """Returns the rows held out, scored by what a config makes, and notes how long each verb took."""
    held, scored = file.parents[1] / "held.csv", file.with_name("scored.csv")
    seconds["run"] = run("run", str(file))
    seconds["predict"] = run("predict", str(file), "--input", str(held), "--output", str(scored))
    return pd.read_csv(scored)


def run(verb: str, *options: str) -> float:
    """Returns how many seconds a verb of `millrace` took."""
    with TemporaryDirectory(prefix="bench-") as folder:
        cost, _ = measure([sys.executable, "-m", "pipelines", verb, *options], Path(folder), {})
    return round(cost.wall, 1)


def name_answer(kind: str, label: pd.Series) -> str:
    """Returns the column in which `predict` says what a rival's `answer` says."""
    return f"score_{label.max()}" if kind == "binary" else "prediction"


def judge(kind: str, label: np.ndarray, answers: np.ndarray | None) -> Record:
    """Returns the metric of the answers, and by how much another draw of the rows held out would move it."""
    if answers is None:
        return {"score": None, "noise": None}
    random = np.random.default_rng(0)
    draws = random.integers(0, len(label), (DRAWN, len(label)))
    scores = [rivals.measure(kind, label[draw], answers[draw]) for draw in draws]
    return {"score": round(rivals.measure(kind, label, answers), 4), "noise": round(float(np.std(scores)), 4)}


def gain(kind: str, told: Record, who: str) -> float | None:
    """Returns by which share one is better than the better rival, below 0 where it is worse; None without a model."""
    score, rival = told[who]["score"], told[find_ahead(kind, told)]["score"]
    if score is None:
        return None
    return rival / score - 1 if kind == "regression" else score / rival - 1


def find_ahead(kind: str, told: Record) -> str:
    """Returns the better rival."""
    return (min if kind == "regression" else max)(RIVALS, key=lambda rival: told[rival]["score"])


def draw(measured: Record) -> str:
    """Returns the page."""
    records = {name: measured["records"][name] for name in TABLES if name in measured["records"]}
    gains = {
        name: {who: gain(TABLES[name].kind, told, who) for who in QUALITIES if who in told}
        for name, told in records.items()
    }
    environment = Environment(
        loader=PackageLoader("bench"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("quality.md.jinja").render(
        measured=measured,
        records=records,
        gains=gains,
        ahead={name: find_ahead(TABLES[name].kind, told) for name, told in records.items()},
        near=count(gains, "good", -NEAR),
        above=count(gains, "best", 0.0),
        level=sum(is_level(TABLES[name].kind, told, "best") for name, told in records.items() if "best" in told),
        tried={who: sum(who in told for told in records.values()) for who in QUALITIES},
        nearness=NEAR,
        wanted=WANTED,
        commits={name: list_commits(told) for name, told in records.items()},
        tables=TABLES,
        metrics=rivals.METRICS,
        qualities=QUALITIES,
    )


def is_level(kind: str, told: Record, who: str) -> bool:
    """Whether one is no further behind the better rival than another draw of the rows held out would move that."""
    score, rival = told[who]["score"], told[find_ahead(kind, told)]
    if score is None:
        return False
    behind = score - rival["score"] if kind == "regression" else rival["score"] - score
    return bool(behind <= rival["noise"])


def list_commits(told: Record) -> str:
    """Returns the commits at which a table's qualities were measured."""
    return ", ".join(dict.fromkeys(f"`{told[who]['commit']}`" for who in QUALITIES if who in told))


def count(gains: Mapping[str, Mapping[str, float | None]], who: str, least: float) -> int:
    """Returns on how many tables one gains so much at least."""
    found = (told.get(who) for told in gains.values())
    return sum(1 for value in found if value is not None and value >= least)


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
