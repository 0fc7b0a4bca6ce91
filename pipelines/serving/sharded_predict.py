"""Scoring of many files by many workers, processes of this machine or those of a Beam engine: a shard for each file.

The shards lie in a folder, which appears once all of them are whole, with a manifest that names them.
"""

import json
import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from components.registry.versions import Version
from components.scoring.scorer import Scorer
from configs.errors import ConfigError, MillraceError
from configs.home import Home
from configs.quantities import count
from configs.schema.beam import Beam, Engine
from configs.schema.config import Config
from pipelines.runs.directory import write_file
from pipelines.runs.outcomes import as_data, as_error
from pipelines.runs.run import new_id
from pipelines.serving.batch_predict import (
    STANDARD,
    Order,
    choose_version,
    choose_writer,
    list_inputs,
    open_scorer,
    reported,
    score_files,
)

LARGE = 1 << 30  # bytes of input, from which on one machine is left for the engine of the YAML
MANIFEST = "_manifest.json"  # no data file, as its name says
ONE = threading.Lock()  # an engine's worker may begin several bundles: their files are scored in turn
Work = Callable[[Sequence["Part"], str], None]


@dataclass(frozen=True)
class Part:
    """A file to score, and where its shard, the rows that are left out and a report go; as it travels to a worker."""

    root: str
    version: int
    source: str
    path: str
    shard: str
    skip: bool

    @property
    def rejects(self) -> str:
        return f"{self.shard}.rejects.jsonl"

    @property
    def report(self) -> Path:
        return Path(f"{self.shard}.json")


def choose_engine(beam: Beam, runner: str | None, order: Order) -> Engine | None:
    """Returns the engine that is to score the input: the YAML's, where it is asked for by name or the input is large.

    Raises ConfigError for one that the YAML has not.
    """
    if runner == "direct" or (runner is None and beam.runner == "direct"):
        return None
    if runner not in (None, beam.runner):
        remedy = f"Add it to the YAML's beam section, or --set 'beam={{runner: {runner}, args: …}}'."
        raise ConfigError(f"the engine of the YAML is {beam.runner}", f"--runner {runner}", remedy)
    if runner is None and order.output == STANDARD:
        return None
    return beam if runner or sum(map(os.path.getsize, list_inputs(order.source))) >= LARGE else None


def predict_shards(home: Home, order: Order, number: int | None, work: Work) -> dict[str, Any]:
    """Scores every file of the input by a worker, and returns the manifest of the folder that the shards lie in.

    Each has the rows of its file in their order, and the name of its place among the files. `work` has the parts done,
    in any order and more than once if need be. Raises what `predict` does; of several files' errors, the first's.
    """
    files = list_inputs(order.source)
    choose_writer(order, files)
    if order.output == STANDARD:
        raise ConfigError("several workers write a folder of shards", f"--output {STANDARD}", "Name a folder.")
    version, config = choose_version(home, number)
    if config.data.window is not None:
        raise ConfigError("rows of a series are scored together", "--input", "Leave out --workers and --runner.")
    run = new_id()
    with reported(order.output), staged_folder(order.output, run) as draft:
        parts = _list_parts(home, version, order, files, draft)
        work(parts, run)
        manifest = _conclude(version, order, parts, files)
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def describe(manifest: dict[str, Any], order: Order) -> str:
    """Returns the closing line."""
    left_out = f"\n{count(manifest['rejected'], 'row')} left out: {order.rejects}" if order.rejects else ""
    rows, shards = count(manifest["rows"], "row"), count(len(manifest["shards"]), "shard")
    return f"{rows} scored by version {manifest['version']} into {shards}: {order.output}{left_out}"


def work_here(parts: Sequence[Part], _run: str, workers: int) -> None:
    """Has parts done by so many processes of this machine."""
    fresh = multiprocessing.get_context("spawn")  # a fork of threads that hold locks would wait for ever
    with ProcessPoolExecutor(min(workers, len(parts)), mp_context=fresh) as pool:
        try:
            for _ in pool.map(score_part, parts):
                pass
        except BaseException:
            for process in multiprocessing.active_children():
                process.kill()
            raise


def work_on(engine: Engine, config: Config, parts: Sequence[Part], run: str) -> None:
    """Has parts done by a Beam engine; raises MillraceError, and ends the job where this process is stopped."""
    import apache_beam as beam  # only here, as it takes seconds to load
    from apache_beam.options.pipeline_options import PipelineOptions

    from pipelines.execution import engine_jobs
    from pipelines.graph.beam_runner import list_flags, watch_endpoint

    flags = list_flags(engine)
    named = engine_jobs.flags_of_run(flags, config.name, NODE, run)
    try:
        with watch_endpoint(flags, NODE), beam.Pipeline(options=PipelineOptions([*flags, *named])) as pipeline:
            _ = pipeline | beam.Create(parts) | beam.Reshuffle() | beam.Map(score_part)
    except BaseException:
        engine_jobs.end_jobs(engine, engine_jobs.name_job(config.name, NODE, run))
        raise


NODE = "predict"


def score_part(part: Part) -> None:
    """Scores a file and reports what came of it; what is wrong with its rows is no failure of the worker."""
    with ONE:
        try:
            version, config = _choose(part.root, part.version)
            order = Order(part.source, part.shard, part.rejects if part.skip else None, force=True)
            scored = score_files(order, [part.path], version, config, partial(_open, part.root, part.version))
            told: dict[str, Any] = {"rows": scored.rows, "rejected": scored.rejected, "seconds": scored.seconds}
        except MillraceError as error:
            told = {"error": as_data(error)}
    write_file(part.report, json.dumps(told))


@cache  # a worker scores many files
def _choose(root: str, number: int) -> tuple[Version, Config]:
    return choose_version(Home(Path(root)), number)


@cache
def _open(root: str, number: int) -> Scorer:
    return open_scorer(*_choose(root, number))


@contextmanager
def staged_folder(path: str, run: str) -> Iterator[Path]:
    """Gives a folder that takes the place of `path` once it is whole, and goes where that is not reached.

    Its name is the run's own: what a lost job writes later is never taken for what another wrote.
    """
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{target.name}.{run}")
    draft.mkdir(parents=True)
    try:
        yield draft
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
        os.replace(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _list_parts(home: Home, version: Version, order: Order, files: Sequence[str], draft: Path) -> list[Part]:
    suffix, of = os.path.splitext(order.output)[1].lower(), len(files)
    return [
        Part(
            str(home.root),
            version.number,
            order.source,
            os.path.abspath(path),
            str(draft / f"part-{place:05d}-of-{of:05d}{suffix}"),
            order.rejects is not None,
        )
        for place, path in enumerate(files)
    ]


def _conclude(version: Version, order: Order, parts: Sequence[Part], files: Sequence[str]) -> dict[str, Any]:
    """Returns the manifest; raises the first error that a part has reported. Of the rejects one file is made."""
    reports = [_read_report(part) for part in parts]
    if failed := next((report["error"] for report in reports if "error" in report), None):
        raise as_error(failed)
    if order.rejects:
        with open(order.rejects, "wb") as file:
            for part in parts:
                file.write(Path(part.rejects).read_bytes())
                Path(part.rejects).unlink()
    for part in parts:
        part.report.unlink()
    shards = [
        {"shard": Path(part.shard).name, "input": path, "rows": report["rows"], "rejected": report["rejected"]}
        for part, path, report in zip(parts, files, reports, strict=True)
    ]
    totals = {key: sum(report[key] for report in reports) for key in ("rows", "rejected")}
    return {"version": version.number, "digest": version.digest, **totals, "shards": shards}


def _read_report(part: Part) -> dict[str, Any]:
    try:
        return dict(json.loads(part.report.read_text()))
    except FileNotFoundError:
        what = "a worker left no shard of it here"
        remedy = "Workers must have the folder of --output, the input and storage.root by the same paths."
        raise MillraceError(what, part.path, remedy) from None
